/** A decoded `google.rpc.Status`. */
export interface DecodedStatus {
  readonly code: number
  readonly message: string
  readonly retryAfterMs?: number
}

/** Reads a `google.rpc.Status` without the code under test. */
export function decodeStatus(bytes: Uint8Array): DecodedStatus {
  const fields = fieldsOf(Buffer.from(bytes))
  const detail = fields.get(3)
  const status = { code: Number(fields.get(1) ?? 0), message: String(fields.get(2) ?? '') }
  if (!Buffer.isBuffer(detail)) return status
  const any = fieldsOf(detail)
  if (String(any.get(1)) !== 'type.googleapis.com/google.rpc.RetryInfo') throw new Error('Not a RetryInfo.')
  const duration = fieldsOf(asBuffer(fieldsOf(asBuffer(any.get(2))).get(1)))
  return { ...status, retryAfterMs: Number(duration.get(1) ?? 0) * 1000 + Number(duration.get(2) ?? 0) / 1e6 }
}

type Field = number | Buffer

function fieldsOf(bytes: Buffer): ReadonlyMap<number, Field> {
  const fields = new Map<number, Field>()
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    const value = varint()
    if ((tag & 7) === 0) fields.set(tag >> 3, value)
    else {
      fields.set(tag >> 3, bytes.subarray(at, at + value))
      at += value
    }
  }
  return fields
}

function asBuffer(field: Field | undefined): Buffer {
  if (!Buffer.isBuffer(field)) throw new Error('A message is missing.')
  return field
}
