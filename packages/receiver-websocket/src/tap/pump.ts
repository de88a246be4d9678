import type { WebSocket } from 'ws'

/** Bytes that may wait in the slower side before the faster one is read no further. */
const highWaterBytes = 1_048_576

/** One direction of a relay. */
export interface Pump {
  start(look: (data: Buffer, binary: boolean) => void, tooLarge: () => void): void
}

/**
 * Passes everything that `from` says on to `to`: messages, pings, pongs, and the end with its code and reason. Where
 * `to` is slower, TCP slows `from` down, as it would without anybody in between: its pings wait as they would there.
 */
export function pump(from: WebSocket, to: WebSocket): Pump {
  let paused = false
  const resume = (): void => {
    if (!paused) return
    paused = false
    from.resume()
  }
  const sent = (): void => {
    if (paused && to.bufferedAmount < highWaterBytes / 2) resume()
  }
  const brake = (): void => {
    if (paused || to.bufferedAmount < highWaterBytes) return
    paused = true
    from.pause()
  }
  return {
    start(look, tooLarge) {
      from.on('message', (data, binary) => {
        if (!Buffer.isBuffer(data)) return
        if (to.readyState === to.OPEN) to.send(data, { binary, compress: false }, sent)
        brake()
        look(data, binary)
      })
      from.on('ping', (data) => {
        if (to.readyState === to.OPEN) to.ping(data)
      })
      from.on('pong', (data) => {
        if (to.readyState === to.OPEN) to.pong(data)
      })
      from.on('error', (error: Error & { readonly code?: string }) => {
        if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') tooLarge()
      })
      from.on('close', (code, reason) => endWith(to, code, reason))
      to.on('close', resume)
    },
  }
}

/** Closes with the code of the other side; two codes only say that there was none or no farewell at all. */
function endWith(socket: WebSocket, code: number, reason: Buffer): void {
  if (socket.readyState === socket.CLOSED) return
  if (code === 1005) socket.close(1000)
  else if (code === 1006 || code === 1015) socket.close(1011)
  else socket.close(code, reason)
}
