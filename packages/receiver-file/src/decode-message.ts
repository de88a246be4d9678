import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'

import { parseOtlpJson, PermanentError, Traces } from '@spanloom/core'

import type { Layout } from './message-splitter.ts'

const decompress = promisify(zstdDecompress)
const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])
const braceOpen = 0x7b
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

/**
 * The batch that a message holds, as the `file` exporter writes it here and in the reference collector: a line of OTLP
 * JSON, or a frame of OTLP JSON or protobuf, compressed or not. A blank line holds an empty batch.
 *
 * @throws PermanentError when it is none of these, or larger than `maxSize` bytes without compression
 */
export async function decodeMessage(message: Uint8Array, layout: Layout, maxSize: number): Promise<Traces> {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  if (layout === 'lines') return decodeLine(bytes)
  if (bytes.subarray(0, zstdMagic.length).equals(zstdMagic)) return decodeFrame(await inflate(bytes, maxSize))
  // A batch keeps its bytes, and a few of them should not keep the whole block alive that was read.
  return decodeFrame(Buffer.from(bytes))
}

function decodeLine(bytes: Buffer): Traces {
  const line = bytes.subarray(0, byteOrderMark.length).equals(byteOrderMark) ? bytes.subarray(3) : bytes
  return line.every((byte) => byte <= 0x20) ? Traces.empty : parseOtlpJson(line)
}

// No message of protobuf begins with a brace: as a tag it would be that of a group.
function decodeFrame(bytes: Buffer): Traces {
  return bytes[0] === braceOpen ? parseOtlpJson(bytes) : Traces.fromProtobuf(bytes)
}

async function inflate(bytes: Buffer, maxSize: number): Promise<Buffer> {
  try {
    return await decompress(bytes, { maxOutputLength: maxSize })
  } catch (error) {
    throw new PermanentError('INVALID_COMPRESSION', 'The message is no zstd, or too large.', {
      grpcStatus: 3,
      cause: error,
    })
  }
}
