import { constants, gunzip, inflate, zstdDecompress, type ZlibOptions, type ZstdOptions } from 'node:zlib'

import { tooLarge } from './body.ts'
import { HttpFault } from './http-fault.ts'

/** Values of `Content-Encoding` that servers take (OTR-05); the empty one stands for uncompressed. */
export const contentEncodings: readonly ContentEncoding[] = ['', 'gzip', 'zstd', 'zlib', 'deflate']

export type ContentEncoding = '' | 'gzip' | 'zstd' | 'zlib' | 'deflate'

/**
 * The encoding that a `Content-Encoding` header names.
 *
 * @throws HttpFault 400 when it is none of `accepted`.
 */
export function contentEncoding(
  header: string | undefined,
  accepted: ReadonlySet<string> = new Set(contentEncodings),
): ContentEncoding {
  const name = header?.trim().toLowerCase() ?? ''
  const encoding = name === 'identity' ? '' : name
  if (isContentEncoding(encoding) && accepted.has(encoding)) return encoding
  throw new HttpFault(400, 'ENCODING_UNSUPPORTED', `unsupported Content-Encoding: ${printable(name)}`)
}

/**
 * Decompresses a whole body without ever making more than `limitBytes` of it.
 *
 * @throws HttpFault 413 when there is more, 400 when the bytes are broken or cut off.
 */
export async function decompress(
  body: Buffer,
  encoding: ContentEncoding,
  limitBytes: number,
): Promise<Buffer> {
  if (encoding === '') return body
  try {
    if (encoding === 'zstd') return await zstdFrames(body, limitBytes)
    const one = encoding === 'gzip' ? gunzip : inflate
    return (await run(one, body, { maxOutputLength: limitBytes })).output
  } catch (error) {
    if (error instanceof HttpFault) throw error
    if (isTooLarge(error)) throw tooLarge(limitBytes)
    throw new HttpFault(400, 'COMPRESSION_BROKEN', `The body is not valid ${encoding}.`, { cause: error })
  }
}

/** Keeps a body of millions of empty frames from costing anything. */
const maxFrames = 1024

/** The runtime decodes one frame and leaves the rest, so frames are taken one after the other. */
async function zstdFrames(body: Buffer, limitBytes: number): Promise<Buffer> {
  const outputs: Buffer[] = []
  let rest = body
  let left = limitBytes
  do {
    // A frame names the window that its decoder must allocate; RFC 9659 allows 8 MiB in HTTP.
    const params = { [constants.ZSTD_d_windowLogMax]: 23 }
    const { output, consumed } = await run(zstdDecompress, rest, {
      maxOutputLength: Math.max(1, left),
      params,
    })
    if (consumed <= 0) throw new HttpFault(400, 'COMPRESSION_BROKEN', 'The body is not valid zstd.')
    if (output.length > left) throw tooLarge(limitBytes)
    if (outputs.length >= maxFrames)
      throw new HttpFault(400, 'COMPRESSION_BROKEN', 'The body has too many zstd frames.')
    outputs.push(output)
    left -= output.length
    rest = rest.subarray(consumed)
  } while (rest.length > 0)
  const [first] = outputs
  return first !== undefined && outputs.length === 1 ? first : Buffer.concat(outputs)
}

interface Decompressed {
  readonly output: Buffer
  readonly consumed: number
}

type OneShot<Options> = (
  body: Buffer,
  options: Options,
  done: (error: Error | null, result: Buffer) => void,
) => void

/** Calls a one-shot function of zlib; the option `info` makes it tell how much of the input it used. */
function run<Options extends ZlibOptions | ZstdOptions>(
  oneShot: OneShot<Options & { info: true }>,
  body: Buffer,
  options: Options,
): Promise<Decompressed> {
  return new Promise((resolve, reject) => {
    oneShot(body, { ...options, info: true }, (error, result: unknown) => {
      if (error !== null) return reject(error)
      if (!isInfo(result)) return reject(new TypeError('The runtime gave no information about the input.'))
      resolve({ output: result.buffer, consumed: result.engine.bytesWritten })
    })
  })
}

function isInfo(result: unknown): result is { buffer: Buffer; engine: { bytesWritten: number } } {
  return typeof result === 'object' && result !== null && 'buffer' in result && 'engine' in result
}

const isContentEncoding = (name: string): name is ContentEncoding =>
  contentEncodings.some((encoding) => encoding === name)

const isTooLarge = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'

const printable = (name: string): string => name.replaceAll(/[^\w.+-]/g, '?').slice(0, 40)
