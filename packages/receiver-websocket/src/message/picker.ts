import type { Pointer } from './json-pointer.ts'
import { afterBlanks, afterColon, afterPlainString, afterScalar, afterValue, lost } from './json-walk.ts'
import { isAt, RecentTexts } from './recent-texts.ts'

/** Stands for an object or a list whose content nobody asks for. */
export const container: object = Object.freeze({})

/** A place in a message that somebody asks for, or that leads to one. */
interface Place {
  /** Its name in the object that holds it. */
  readonly name: Buffer
  readonly length: number
  readonly children: Place[]
  /** Positions of its value in the result. */
  readonly slots: number[]
  /** The texts that it had lately, where they come again and again. */
  recent: RecentTexts | undefined
  /** The last message that had it. */
  seenIn: number
}

const quote = 0x22
const comma = 0x2c
const openBracket = 0x5b
const openBrace = 0x7b
const closeBrace = 0x7d

/**
 * Takes the values at a few pointers out of a JSON object without making values of the rest. It checks the whole
 * text, but only knows the usual: where names are repeated or escaped, or objects nest deeply, it gives up, and the
 * message has to be parsed. What it does find is what parsing would find.
 */
export class Picker {
  readonly #root: Place = placeOf('')
  readonly #usable: boolean
  readonly #values: unknown[]
  #message = 0

  /** `repeating`: those whose texts are few. */
  constructor(pointers: readonly (Pointer | undefined)[], repeating: ReadonlySet<Pointer | undefined>) {
    this.#values = pointers.map(() => undefined)
    this.#usable = pointers.every((pointer) => pointer?.every(isPlainName) ?? true)
    for (const [slot, pointer] of pointers.entries()) {
      const place = pointer?.reduce(childNamed, this.#root)
      place?.slots.push(slot)
      if (place !== undefined && repeating.has(pointer)) place.recent = new RecentTexts()
    }
  }

  /**
   * The values in the order of the pointers, {@link container} for an object or a list; `undefined` where the message
   * has to be parsed. They are good until the next message.
   */
  pick(data: Buffer): readonly unknown[] | undefined {
    if (!this.#usable) return undefined
    this.#message++
    this.#values.fill(undefined)
    const start = afterBlanks(data, hasMark(data) ? 3 : 0)
    if (data[start] !== openBrace) return undefined
    const end = this.#object(data, start, this.#root)
    return end !== lost && afterBlanks(data, end) === data.length ? this.#values : undefined
  }

  /** Behind an object; it recurses no deeper than the pointers are long. */
  #object(data: Buffer, start: number, place: Place): number {
    this.#set(place, container)
    let at = afterBlanks(data, start + 1)
    if (data[at] === closeBrace) return at + 1
    for (;;) {
      if (data[at] !== quote) at = afterBlanks(data, at)
      if (data[at] !== quote) return lost
      const nameEnd = afterPlainString(data, at)
      if (nameEnd === lost) return lost
      const child = childAt(place, data, at + 1, nameEnd - 1)
      at = afterColon(data, nameEnd)
      if (at === lost) return lost
      at = child === undefined ? afterValue(data, at) : this.#wanted(data, at, child)
      if (at === lost) return lost
      if (data[at] !== comma) {
        at = afterBlanks(data, at)
        if (data[at] === closeBrace) return at + 1
        if (data[at] !== comma) return lost
      }
      at++
    }
  }

  #wanted(data: Buffer, start: number, place: Place): number {
    // Of members with one name the last would count, and all that the first one held would not.
    if (place.seenIn === this.#message) return lost
    place.seenIn = this.#message
    const at = data[start] === quote ? start : afterBlanks(data, start)
    const byte = data[at]
    if (byte === quote) {
      const end = afterPlainString(data, at)
      if (end !== lost) this.#set(place, textOf(place, data, at + 1, end - 1))
      return end
    }
    if (byte === openBrace && place.children.length > 0) return this.#object(data, at, place)
    if (byte === openBrace || byte === openBracket) {
      // The items of a list have names as well.
      if (place.children.length > 0) return lost
      this.#set(place, container)
      return afterValue(data, at)
    }
    const end = afterScalar(data, at)
    if (end !== lost) this.#set(place, JSON.parse(data.toString('latin1', at, end)))
    return end
  }

  #set({ slots }: Place, value: unknown): void {
    for (let index = 0; index < slots.length; index++) this.#values[slots[index] ?? 0] = value
  }
}

const placeOf = (name: string): Place => ({
  name: Buffer.from(name),
  length: name.length,
  children: [],
  slots: [],
  recent: undefined,
  seenIn: 0,
})

function childNamed({ children }: Place, token: string): Place {
  const name = Buffer.from(token)
  const known = children.find((child) => child.name.equals(name))
  if (known !== undefined) return known
  const child = placeOf(token)
  children.push(child)
  return child
}

function childAt({ children }: Place, data: Buffer, start: number, end: number): Place | undefined {
  for (let index = 0; index < children.length; index++) {
    const child = children[index]
    if (child !== undefined && child.length === end - start && isAt(child.name, data, start)) return child
  }
  return undefined
}

/** Only of these is it certain that equal bytes are equal names, and the other way round. */
const isPlainName = (token: string): boolean => /^[\x20-\x7e]*$/.test(token)

const hasMark = (data: Buffer): boolean => data[0] === 0xef && data[1] === 0xbb && data[2] === 0xbf

function textOf({ recent }: Place, data: Buffer, start: number, end: number): string {
  return recent === undefined ? data.toString('utf8', start, end) : recent.read(data, start, end)
}
