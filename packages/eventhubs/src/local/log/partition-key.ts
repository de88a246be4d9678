/**
 * Maps a partition key to a partition: Jenkins' lookup3 over the UTF-8 bytes, folded to 16 bits, its
 * magnitude modulo the number of partitions (eventhubs.md 3.4). The service and the official clients
 * agree on it, so a client that resolves keys itself finds the same partition.
 */
export function partitionOfKey(key: string, partitionCount: number): number {
  const { b, c } = lookup3(Buffer.from(key, 'utf8'))
  const folded = ((b ^ c) << 16) >> 16
  return Math.abs(folded % partitionCount)
}

const initialValue = 0xdeadbeef
const blockBytes = 12

/** Bob Jenkins' public-domain hash `lookup3`, little-endian, both seeds zero. */
function lookup3(bytes: Buffer): { readonly b: number; readonly c: number } {
  let a = (initialValue + bytes.length) | 0
  let b = a
  let c = a
  let at = 0
  // The last block, full or not, is mixed differently, so a full one must stay for the end.
  for (; bytes.length - at > blockBytes; at += blockBytes) {
    a = (a + bytes.readInt32LE(at)) | 0
    b = (b + bytes.readInt32LE(at + 4)) | 0
    c = (c + bytes.readInt32LE(at + 8)) | 0
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
  if (at === bytes.length) return { b, c }
  const last = Buffer.alloc(blockBytes)
  bytes.copy(last, 0, at)
  a = (a + last.readInt32LE(0)) | 0
  b = (b + last.readInt32LE(4)) | 0
  c = (c + last.readInt32LE(8)) | 0
  c = ((c ^ b) - rotate(b, 14)) | 0
  a = ((a ^ c) - rotate(c, 11)) | 0
  b = ((b ^ a) - rotate(a, 25)) | 0
  c = ((c ^ b) - rotate(b, 16)) | 0
  a = ((a ^ c) - rotate(c, 4)) | 0
  b = ((b ^ a) - rotate(a, 14)) | 0
  c = ((c ^ b) - rotate(b, 24)) | 0
  return { b, c }
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}
