import { promisify } from 'node:util'
import { zstdCompress } from 'node:zlib'

import { toOtlpJson, type Traces } from '@spanloom/core'

/** How batches stand in a file (`collector-conventions.md` section 14). */
export interface MessageFormat {
  readonly format: 'json' | 'proto'
  readonly compression: 'none' | 'zstd'
}

const compress = promisify(zstdCompress)
const newline = '\n'

/** Whether messages are lines of text; all other forms put the length of a message before it. */
export function isLines({ format, compression }: MessageFormat): boolean {
  return format === 'json' && compression === 'none'
}

/** One batch as a whole message: a line of OTLP JSON, or its length as a 4-byte big-endian number and its bytes. */
export async function encodeMessage(traces: Traces, format: MessageFormat): Promise<Uint8Array> {
  if (isLines(format)) return Buffer.from(toOtlpJson(traces) + newline)
  const plain = format.format === 'json' ? Buffer.from(toOtlpJson(traces)) : traces.toProtobuf()
  const body = format.compression === 'zstd' ? await compress(plain) : plain
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  return Buffer.concat([length, body])
}
