const smallestBytes = 64 << 10
const keptBytes = 16 << 20

/** Buffers for messages to the storage thread. They are transferred and come back when their content is on disk. */
export class TransferPool {
  #free: ArrayBuffer[] = []
  #freeBytes = 0

  /** A buffer of at least `bytes`. What it held before is still in it. */
  take(bytes: number): ArrayBuffer {
    const at = this.#free.findIndex(({ byteLength }) => byteLength >= bytes)
    const [found] = at < 0 ? [] : this.#free.splice(at, 1)
    if (found === undefined) return new ArrayBuffer(Math.max(smallestBytes, 2 ** Math.ceil(Math.log2(bytes))))
    this.#freeBytes -= found.byteLength
    return found
  }

  /** Keeps a buffer for later, smaller ones first in line, unless enough are kept. */
  give(buffer: ArrayBuffer): void {
    if (this.#freeBytes + buffer.byteLength > keptBytes) return
    this.#freeBytes += buffer.byteLength
    this.#free.push(buffer)
    this.#free.sort((a, b) => a.byteLength - b.byteLength)
  }
}
