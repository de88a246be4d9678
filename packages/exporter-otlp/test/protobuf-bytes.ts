/** Writes a field of a protobuf message that has a length. */
export function bytesField(number: number, content: Buffer | string): Buffer {
  const body = Buffer.from(content)
  return Buffer.concat([varint((number << 3) | 2), varint(body.length), body])
}

/** Writes a field that is a number. */
export const numberField = (number: number, value: number): Buffer =>
  Buffer.concat([varint(number << 3), varint(value)])

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return Buffer.of(...bytes, Number(rest))
}

/** An `ExportTraceServiceResponse` with a partial success. */
export const partialSuccess = (rejected: number, message: string): Buffer =>
  bytesField(1, Buffer.concat([numberField(1, rejected), bytesField(2, message)]))

/** A `google.rpc.Status` with `RetryInfo`, or without if there is no delay. */
export function rpcStatus(
  code: number,
  message: string,
  delay?: { seconds: number; nanos?: number },
): Buffer {
  const parts = [numberField(1, code), bytesField(2, message)]
  if (delay) {
    const duration = Buffer.concat([numberField(1, delay.seconds), numberField(2, delay.nanos ?? 0)])
    const any = [
      bytesField(1, 'type.googleapis.com/google.rpc.RetryInfo'),
      bytesField(2, bytesField(1, duration)),
    ]
    parts.push(bytesField(3, Buffer.concat(any)))
  }
  return Buffer.concat(parts)
}
