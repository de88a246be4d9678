import type { Duplex } from 'node:stream'

import { frameGuard } from './frame-guard.ts'

/** The part of a socket that the AMQP library uses. */
export interface PeerSocket {
  on(event: string, handler: (bytes?: Buffer) => void): void
  write(bytes: Uint8Array): void
  end(): void
  destroy(): void
  removeAllListeners(event: string): void
  get_id_string(): string
}

/**
 * Hands a connection to the AMQP library. Frames that are written in one turn of the event loop leave in
 * one write, because a write for each frame would dominate the cost of a reader. The end is told when the
 * connection is closed for whatever reason, so that a destroyed one frees its links too.
 */
export function peerSocket(stream: Duplex, peer: string, maxFrameSize: number): PeerSocket {
  const isSound = frameGuard(maxFrameSize)
  let corked = false
  const release = (): void => {
    corked = false
    stream.uncork()
  }
  // Errors are followed by a close, which is what counts; they reach the library only as an end.
  stream.on('error', () => undefined)
  return {
    on(event, handler) {
      if (event === 'data') {
        stream.on('data', (bytes: Buffer) => {
          if (isSound(bytes)) handler(bytes)
          else stream.destroy()
        })
      }
      if (event === 'end') stream.on('close', () => handler())
    },
    write(bytes) {
      if (stream.destroyed || stream.writableEnded) return
      if (!corked) {
        corked = true
        stream.cork()
        setImmediate(release)
      }
      stream.write(bytes)
    },
    end() {
      stream.end()
    },
    destroy() {
      stream.destroy()
    },
    removeAllListeners(event) {
      if (event === 'data') stream.removeAllListeners('data')
    },
    get_id_string: () => peer,
  }
}
