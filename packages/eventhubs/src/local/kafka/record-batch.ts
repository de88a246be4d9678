import { gunzipSync } from 'node:zlib'

import { crc32c } from './crc32c.ts'
import { MalformedRequest, WireReader } from './wire-reader.ts'
import { WireWriter } from './wire-writer.ts'

/** A record as Kafka knows it. */
export interface KafkaRecord {
  readonly offset: number
  /** Unix milliseconds. */
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly (readonly [name: string, value: Buffer])[]
}

/** A compression that the endpoint does not know. */
export class UnsupportedCompression extends Error {}

/** Bytes from the length field to the end of the checksum, and from there to the records. */
const headBytes = 12
const batchVersion = 2

/**
 * Reads the record batches of a produce request, plain or gzip (eventhubs.md, section 10).
 *
 * @throws MalformedRequest when a batch is damaged, UnsupportedCompression.
 */
export function decodeRecords(bytes: Buffer, maxBytes: number): KafkaRecord[] {
  const reader = new WireReader(bytes)
  const records: KafkaRecord[] = []
  while (reader.left >= headBytes) {
    const baseOffset = reader.int64()
    const batch = reader.bytes(reader.int32())
    records.push(...recordsOfBatch(batch, baseOffset, maxBytes))
  }
  return records
}

function recordsOfBatch(batch: Buffer, baseOffset: number, maxBytes: number): KafkaRecord[] {
  const reader = new WireReader(batch)
  reader.int32() // Epoch of the leader.
  if (reader.int8() !== batchVersion) throw new MalformedRequest('its records are of a version before 2')
  const checksum = reader.uint32()
  if (crc32c(batch.subarray(batch.length - reader.left)) !== checksum) {
    throw new MalformedRequest('the checksum of a record batch is wrong')
  }
  const compression = reader.int16() & 7
  reader.int32() // Offset of the last record.
  const firstTimestamp = reader.int64()
  reader.bytes(8 + 8 + 2 + 4) // Largest time; id, epoch and sequence of an idempotent producer.
  const count = reader.int32()
  const content = new WireReader(plain(reader.bytes(reader.left), compression, maxBytes))
  if (count < 0 || count > content.left)
    throw new MalformedRequest('it counts more records than it has bytes')
  return Array.from({ length: count }, () => readRecord(content, baseOffset, firstTimestamp))
}

function plain(bytes: Buffer, compression: number, maxOutputLength: number): Buffer {
  if (compression === 0) return bytes
  if (compression !== 1) throw new UnsupportedCompression()
  try {
    return gunzipSync(bytes, { maxOutputLength })
  } catch {
    throw new MalformedRequest('its records cannot be unpacked, or are too many')
  }
}

function readRecord(reader: WireReader, baseOffset: number, firstTimestamp: number): KafkaRecord {
  reader.varint() // Length.
  reader.int8() // Attributes, unused.
  const timestamp = firstTimestamp + reader.varint()
  const offset = baseOffset + reader.varint()
  const key = sized(reader)
  const value = sized(reader)
  const headers: [string, Buffer][] = []
  for (let left = reader.varint(); left > 0; left -= 1) {
    const name = sized(reader)?.toString('utf8') ?? ''
    headers.push([name, sized(reader) ?? Buffer.alloc(0)])
  }
  return { offset, timestamp, key, value, headers }
}

function sized(reader: WireReader): Buffer | null {
  const length = reader.varint()
  return length < 0 ? null : reader.bytes(length)
}

/** Writes records, of which there is at least one, as one batch. */
export function encodeRecords(records: readonly KafkaRecord[]): Buffer {
  const [first] = records
  const last = records.at(-1)
  if (first === undefined || last === undefined) return Buffer.alloc(0)
  const writer = new WireWriter()
    .int16(0)
    .int32(last.offset - first.offset)
    .int64(first.timestamp)
    .int64(Math.max(...records.map(({ timestamp }) => timestamp)))
    .int64(-1)
    .int16(-1)
    .int32(-1)
  const content = writer.array(records, (record) => writer.raw(encodeRecord(record, first))).finish()
  const batch = new WireWriter().int32(0).int8(batchVersion).uint32(crc32c(content)).raw(content).finish()
  return new WireWriter().int64(first.offset).bytes(batch).finish()
}

function encodeRecord(record: KafkaRecord, first: KafkaRecord): Buffer {
  const writer = new WireWriter()
    .int8(0)
    .varint(record.timestamp - first.timestamp)
    .varint(record.offset - first.offset)
  writeSized(writer, record.key)
  writeSized(writer, record.value)
  writer.varint(record.headers.length)
  for (const [name, value] of record.headers) {
    writeSized(writer, Buffer.from(name, 'utf8'))
    writeSized(writer, value)
  }
  const bytes = writer.finish()
  return new WireWriter().varint(bytes.length).raw(bytes).finish()
}

function writeSized(writer: WireWriter, bytes: Buffer | null): void {
  if (bytes === null) writer.varint(-1)
  else writer.varint(bytes.length).raw(bytes)
}
