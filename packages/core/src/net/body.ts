import type { Readable } from 'node:stream'

import { HttpFault } from './http-fault.ts'

/**
 * Reads a request body of at most `limitBytes`, and stops reading as soon as there is more.
 *
 * @throws HttpFault 413 for a larger body, 400 when the sender went away in the middle.
 */
export function readBody(request: Readable, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const settle = (): void => {
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose)
    }
    const onData = (chunk: Buffer): void => {
      size += chunk.length
      if (size > limitBytes) {
        settle()
        request.pause()
        reject(tooLarge(limitBytes))
      } else chunks.push(chunk)
    }
    const onEnd = (): void => {
      settle()
      resolve(joined(chunks))
    }
    const onClose = (): void => {
      settle()
      reject(new HttpFault(400, 'REQUEST_ABORTED', 'The request ended before its body did.'))
    }
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose)
  })
}

/** The fault of a body that is larger than allowed (OTR-06). */
export function tooLarge(limitBytes: number): HttpFault {
  return new HttpFault(413, 'BODY_TOO_LARGE', `request body too large, the limit is ${limitBytes} bytes`)
}

/** The same bytes; a small part of a large buffer is copied, because the pipeline may hold it for long. */
export function ownBytes(bytes: Buffer): Buffer {
  return bytes.length * 2 >= bytes.buffer.byteLength ? bytes : Buffer.from(bytes)
}

function joined(chunks: readonly Buffer[]): Buffer {
  const [first] = chunks
  return first !== undefined && chunks.length === 1 ? ownBytes(first) : Buffer.concat(chunks)
}
