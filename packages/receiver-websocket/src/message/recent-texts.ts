interface Recent {
  readonly bytes: Buffer
  readonly text: string
}

const places = 64
const longest = 64

/** Reads texts that come again and again, such as names of operations: equal bytes give the same string. */
export class RecentTexts {
  readonly #known: (Recent | undefined)[] = Array.from({ length: places })

  read(data: Buffer, start: number, end: number): string {
    const length = end - start
    if (length === 0 || length > longest) return data.toString('utf8', start, end)
    const place = ((data[start] ?? 0) * 7 + (data[end - 1] ?? 0) * 3 + length) & (places - 1)
    const known = this.#known[place]
    if (known !== undefined && known.text.length === length && isAt(known.bytes, data, start))
      return known.text
    const bytes = Buffer.from(data.subarray(start, end))
    const text = bytes.toString('utf8')
    if (text.length === length) this.#known[place] = { bytes, text }
    return text
  }
}

/** Whether the bytes from `start` on are this text, which ends where the data does or before. */
export function isAt(text: Buffer, data: Buffer, start: number): boolean {
  for (let index = text.length - 1; index >= 0; index--) if (text[index] !== data[start + index]) return false
  return true
}
