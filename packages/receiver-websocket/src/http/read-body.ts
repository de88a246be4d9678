import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib'

/** The beginning of a body that is longer than allowed, and what follows. */
export interface LongBody {
  readonly head: Buffer
  readonly complete: false
}

/** A body. */
export interface WholeBody {
  readonly head: Buffer
  readonly complete: true
}

/** Reads a body up to `limit` bytes. Rejects when the sender goes away before its end. */
export function readBody(request: IncomingMessage, limit: number): Promise<WholeBody | LongBody> {
  const { promise, resolve, reject } = Promise.withResolvers<WholeBody | LongBody>()
  const chunks: Buffer[] = []
  let length = 0
  const settle = (complete: boolean): void => {
    request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', reject)
    resolve({ head: Buffer.concat(chunks, length), complete })
  }
  const onData = (chunk: Buffer): void => {
    chunks.push(chunk)
    length += chunk.length
    if (length <= limit) return
    request.pause()
    settle(false)
  }
  const onEnd = (): void => settle(true)
  const onClose = (): void => reject(new Error('The sender went away before the end of its request.'))
  request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', reject)
  return promise
}

const decoders = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
}

/**
 * The body as its sender wrote it, for looking into it; what is passed on are always the bytes that came. `undefined`
 * for an unknown encoding, broken data, and more than `limit` bytes, at which unpacking stops.
 */
export async function unpacked(
  body: Buffer,
  encoding: string | undefined,
  limit: number,
): Promise<Buffer | undefined> {
  const name = (encoding ?? '').trim().toLowerCase()
  if (name === '' || name === 'identity') return body.length <= limit ? body : undefined
  if (!isDecoder(name)) return undefined
  try {
    return await decoders[name](body, { maxOutputLength: limit })
  } catch {
    return undefined
  }
}

const isDecoder = (name: string): name is keyof typeof decoders => Object.hasOwn(decoders, name)
