/** One frame of a WebSocket connection. */
export interface Frame {
  readonly opcode: number
  readonly last: boolean
  readonly payload: Buffer
}

/** A frame as a client or a server writes it (RFC 6455, section 5.2). */
export function encoded({ opcode, last, payload }: Frame, mask: number | undefined): Buffer {
  const { length } = payload
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  head[0] = (last ? 0x80 : 0) | opcode
  head[1] = (mask === undefined ? 0 : 0x80) | (length < 126 ? length : length < 65_536 ? 126 : 127)
  if (head.length === 4) head.writeUInt16BE(length, 2)
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2)
  if (mask === undefined) return Buffer.concat([head, payload])
  const key = Buffer.alloc(4)
  key.writeUInt32BE(mask)
  return Buffer.concat([head, key, payload.map((byte, index) => byte ^ (key[index % 4] ?? 0))])
}
