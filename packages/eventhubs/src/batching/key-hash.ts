/**
 * The partition that the service gives to a partition key: Bob Jenkins' lookup3 of its UTF-8 bytes, folded to 16 bits
 * (`eventhubs.md` section 3.4). It changes with the number of partitions.
 */
export function partitionOfKey(key: string, partitionCount: number): number {
  return Math.abs(int16(lookup3(Buffer.from(key, 'utf8'))) % partitionCount)
}

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits))
const int16 = (value: number): number => (value << 16) >> 16

/** The two hashes of lookup3 with seeds of zero, one XOR the other. */
function lookup3(bytes: Buffer): number {
  let a = (0xdeadbeef + bytes.length) | 0
  let b = a
  let c = a
  let at = 0
  for (; bytes.length - at > 12; at += 12) {
    a = (a + bytes.readInt32LE(at)) | 0
    b = (b + bytes.readInt32LE(at + 4)) | 0
    c = (c + bytes.readInt32LE(at + 8)) | 0
    // Mixes three words so that every bit of them changes all others in both directions.
    a = ((a - c) | 0) ^ rotate(c, 4)
    c = (c + b) | 0
    b = ((b - a) | 0) ^ rotate(a, 6)
    a = (a + c) | 0
    c = ((c - b) | 0) ^ rotate(b, 8)
    b = (b + a) | 0
    a = ((a - c) | 0) ^ rotate(c, 16)
    c = (c + b) | 0
    b = ((b - a) | 0) ^ rotate(a, 19)
    a = (a + c) | 0
    c = ((c - b) | 0) ^ rotate(b, 4)
    b = (b + a) | 0
  }
  if (bytes.length === 0) return c ^ b
  const tail = Buffer.alloc(12)
  bytes.copy(tail, 0, at)
  a = (a + tail.readInt32LE(0)) | 0
  b = (b + tail.readInt32LE(4)) | 0
  c = (c + tail.readInt32LE(8)) | 0
  c = ((c ^ b) - rotate(b, 14)) | 0
  a = ((a ^ c) - rotate(c, 11)) | 0
  b = ((b ^ a) - rotate(a, 25)) | 0
  c = ((c ^ b) - rotate(b, 16)) | 0
  a = ((a ^ c) - rotate(c, 4)) | 0
  b = ((b ^ a) - rotate(a, 14)) | 0
  c = ((c ^ b) - rotate(b, 24)) | 0
  return c ^ b
}
