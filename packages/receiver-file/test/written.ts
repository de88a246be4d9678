import { zstdCompressSync } from 'node:zlib'

import { span, toOtlpJson, Traces } from '@spanloom/core'

const start = 1_767_225_600_000_000_000n

/** A batch of one span of that name, which ends so many milliseconds after the first of January 2026. */
export function batch(name: string, endMs = 0): Traces {
  const endTime = start + BigInt(endMs) * 1_000_000n
  return Traces.of([
    span({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      name,
      startTime: endTime - 1_000_000n,
      endTime,
      events: [{ time: endTime, name: 'event' }],
      links: [{ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: '00f067aa0ba902b7' }],
      resource: { 'service.name': 'shop' },
    }),
  ])
}

/** A batch as a line of a file. */
export function line(name: string, endMs = 0): string {
  return `${toOtlpJson(batch(name, endMs))}\n`
}

/** A batch as a frame of a file. */
export function frame(name: string, { json = false, zstd = false } = {}): Buffer {
  const plain = json ? Buffer.from(toOtlpJson(batch(name))) : Buffer.from(batch(name).toProtobuf())
  return framed(zstd ? zstdCompressSync(plain) : plain)
}

/** Bytes with their length before them. */
export function framed(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}
