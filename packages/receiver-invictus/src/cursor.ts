/** A place in a text from which small tokens are read; what does not fit leaves the place where it was. */
export class Cursor {
  position = 0
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  atEnd(): boolean {
    return this.position === this.#text.length
  }

  atDigit(): boolean {
    return isDigit(this.#text.charCodeAt(this.position))
  }

  /** Steps over `character` if it stands here. */
  take(character: string): boolean {
    if (this.#text[this.position] !== character) return false
    this.position += 1
    return true
  }

  /** Reads a number of `min` to `max` digits, as many as there are. */
  digits(min: number, max: number): number | undefined {
    let end = this.position
    let value = 0
    while (end - this.position < max) {
      const code = this.#text.charCodeAt(end)
      if (!isDigit(code)) break
      value = value * 10 + code - zero
      end += 1
    }
    if (end - this.position < min) return undefined
    this.position = end
    return value
  }

  /** Reads one or more digits as a fraction and gives its first `places`, cut and not rounded. */
  fraction(places: number): number | undefined {
    const start = this.position
    let value = 0
    for (
      let code = this.#text.charCodeAt(start);
      isDigit(code);
      code = this.#text.charCodeAt(this.position)
    ) {
      if (this.position - start < places) value = value * 10 + code - zero
      this.position += 1
    }
    const read = Math.min(this.position - start, places)
    return read === 0 ? undefined : value * 10 ** (places - read)
  }

  /** Reads the next `count` characters, fewer at the end. */
  letters(count: number): string {
    const letters = this.#text.slice(this.position, this.position + count)
    this.position += letters.length
    return letters
  }
}

const zero = 48

// charCodeAt gives NaN behind the end, which is no digit.
function isDigit(code: number): boolean {
  return code >= zero && code <= zero + 9
}
