import type { ServerResponse } from 'node:http'

import type { Clock } from '../clock/clock.ts'

/** How a stream is sent. */
export interface StreamOptions {
  readonly clock: Clock
  /** A client that takes nothing for so many milliseconds is cut off; 0 means never. */
  readonly patienceMs: number
}

/**
 * Sends pieces as they come, no faster than the client takes them, and ends the answer when there are no more. Stops
 * asking for pieces when the client has gone. A source that fails cuts the answer short. Never rejects.
 */
export async function sendStream(
  response: ServerResponse,
  pieces: AsyncIterable<string | Uint8Array>,
  options: StreamOptions,
): Promise<void> {
  response.on('error', () => undefined)
  response.flushHeaders()
  try {
    for await (const piece of pieces) {
      if (response.destroyed) return
      if (!response.write(piece) && !(await drained(response, options))) break
    }
  } catch {
    response.destroy()
  }
  if (!response.destroyed) response.end()
}

/** Whether the client took what was written, in time. */
async function drained(response: ServerResponse, { clock, patienceMs }: StreamOptions): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const onDrain = (): void => resolve(true)
  const onClose = (): void => resolve(false)
  const cutOff = (): void => {
    response.destroy()
    resolve(false)
  }
  const timer = patienceMs > 0 ? clock.schedule(patienceMs, cutOff) : undefined
  response.once('drain', onDrain).once('close', onClose)
  if (response.destroyed) onClose()
  try {
    return await promise
  } finally {
    timer?.cancel()
    response.off('drain', onDrain).off('close', onClose)
  }
}
