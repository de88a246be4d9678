const pageSize = 64 * 1024
/** Places are counted in units, so that a place fits into 32 bits for 64 GiB. */
const unit = 16
const unitsPerPage = pageSize / unit
const smallest = 64
/** Larger blocks get a page of their own. */
const largest = 16 * 1024

interface Page {
  readonly buffer: Buffer
  /** The same bytes, for numbers, which it reads and writes faster. */
  readonly view: DataView
  /** Size of its blocks; 0 for a page with one large block. */
  blockSize: number
  used: number
  /** Offset of the first free block + 1, each of which names the next; 0 for none. */
  free: number
  /** Offset behind the last block that was ever used. */
  top: number
  /** Whether it is on the list of pages that have room. */
  listed: boolean
}

/**
 * Memory outside of the JavaScript heap, in blocks. Blocks of one size share pages, freed ones are used again, and
 * empty pages serve any size, so that months of coming and going leave no holes. A block is named by a number
 * other than 0.
 */
export class Arena {
  /** Bytes of all pages that are in use. */
  size: number = 0
  readonly #pages: (Page | undefined)[] = [undefined]
  readonly #freeNumbers: number[] = []
  readonly #spare: Buffer[] = []
  /** Pages with room, by size of block. */
  readonly #roomy = new Map<number, number[]>()

  /** A block of at least `size` bytes. */
  allocate(size: number): number {
    if (size > largest) return this.#allocateLarge(size)
    const blockSize = blockSizeOf(size)
    const number = this.#roomyPage(blockSize)
    const page = this.#page(number)
    let offset = page.top
    if (page.free !== 0) {
      offset = page.free - 1
      page.free = page.view.getUint32(offset, true)
    } else page.top += blockSize
    page.used++
    return number * unitsPerPage + offset / unit
  }

  free(block: number): void {
    const number = Math.floor(block / unitsPerPage)
    const page = this.#page(number)
    page.used--
    if (page.used === 0) return this.#retire(number, page)
    const offset = this.offset(block)
    page.view.setUint32(offset, page.free, true)
    page.free = offset + 1
    if (page.listed) return
    page.listed = true
    this.#listOf(page.blockSize).push(number)
  }

  /** The page that holds the block. */
  buffer(block: number): Buffer {
    return this.#page(Math.floor(block / unitsPerPage)).buffer
  }

  /** The page that holds the block, for numbers. */
  view(block: number): DataView {
    return this.#page(Math.floor(block / unitsPerPage)).view
  }

  /** Where in its page the block begins. */
  offset(block: number): number {
    return (block % unitsPerPage) * unit
  }

  #allocateLarge(size: number): number {
    const buffer = Buffer.allocUnsafeSlow(size)
    this.size += size
    const view = viewOf(buffer)
    return this.#add({ buffer, view, blockSize: 0, used: 1, free: 0, top: size, listed: true }) * unitsPerPage
  }

  #roomyPage(blockSize: number): number {
    const list = this.#listOf(blockSize)
    for (;;) {
      const number = list.at(-1)
      if (number === undefined) break
      const page = this.#pages[number]
      if (page?.blockSize === blockSize) {
        if (page.free !== 0 || page.top + blockSize <= pageSize) return number
        page.listed = false
      }
      list.pop()
    }
    const buffer = this.#spare.pop() ?? Buffer.allocUnsafeSlow(pageSize)
    this.size += pageSize
    const view = viewOf(buffer)
    const number = this.#add({ buffer, view, blockSize, used: 0, free: 0, top: 0, listed: true })
    list.push(number)
    return number
  }

  #retire(number: number, { buffer, blockSize, listed }: Page): void {
    this.size -= buffer.length
    if (listed && blockSize !== 0) {
      const list = this.#listOf(blockSize)
      const place = list.lastIndexOf(number)
      if (place >= 0) list.splice(place, 1)
    }
    this.#pages[number] = undefined
    this.#freeNumbers.push(number)
    if (blockSize !== 0 && this.#spare.length < 64) this.#spare.push(buffer)
  }

  #add(page: Page): number {
    const number = this.#freeNumbers.pop() ?? this.#pages.length
    this.#pages[number] = page
    return number
  }

  #listOf(blockSize: number): number[] {
    let list = this.#roomy.get(blockSize)
    if (list === undefined) this.#roomy.set(blockSize, (list = []))
    return list
  }

  #page(number: number): Page {
    const page = this.#pages[number]
    if (page === undefined) throw new RangeError('The block does not exist.')
    return page
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}

/** Rounds up so that no more than a sixteenth is lost. */
function blockSizeOf(size: number): number {
  if (size <= smallest) return smallest
  const step = Math.max(unit, 2 ** (Math.floor(Math.log2(size - 1)) - 4))
  return Math.ceil(size / step) * step
}
