/** What every frame, and the protocol header that comes before the frames, begins with. */
const headBytes = 8
/** `AMQP`, read as a number: no frame is that long. */
const protocolHeader = 0x414d5150

/**
 * Watches the bytes that a peer sends for frames that are longer than announced, which the AMQP library
 * would collect up to 4 GB. Call the returned function with every chunk; once it answers false, the peer
 * has broken the protocol.
 */
export function frameGuard(maxFrameSize: number): (chunk: Buffer) => boolean {
  const head = Buffer.alloc(4)
  let inHead = 0
  let left = 0
  return (chunk) => {
    let at = 0
    while (at < chunk.length) {
      if (left > 0) {
        const skipped = Math.min(left, chunk.length - at)
        left -= skipped
        at += skipped
        continue
      }
      head[inHead] = chunk[at] ?? 0
      inHead += 1
      at += 1
      if (inHead < head.length) continue
      inHead = 0
      const size = head.readUInt32BE(0)
      if (size === protocolHeader) left = headBytes - head.length
      else if (size < headBytes || size > maxFrameSize) return false
      else left = size - head.length
    }
    return true
  }
}
