import type { Answer } from './messages.ts'

/** From this size on a value crosses threads in its own buffer, without a copy. */
const ownBufferBytes = 1_024

/**
 * Prepares answers for the way to the other thread: large values are transferred, since SQLite gave each a buffer of
 * its own, and the small ones of a list are put into one buffer, since a buffer costs more than its content.
 */
export function packed(answers: readonly Answer[]): {
  readonly answers: readonly Answer[]
  readonly transfer: readonly ArrayBuffer[]
} {
  const transfer: ArrayBuffer[] = []
  const pack = (answer: Answer): Answer => {
    if (!('result' in answer)) return answer
    const { id, result } = answer
    if (isLarge(result)) transfer.push(result.buffer)
    if (!Array.isArray(result) || typeof result[0] !== 'object') return answer
    // A list whose first item is an object holds nothing but objects.
    return { id, result: packedList(result as readonly object[], transfer) as typeof result }
  }
  return { answers: answers.map((answer) => pack(answer)), transfer }
}

function packedList(items: readonly object[], transfer: ArrayBuffer[]): readonly object[] {
  let bytes = 0
  for (const item of items) {
    for (const value of Object.values(item)) if (isSmall(value)) bytes += value.length
  }
  const buffer = new ArrayBuffer(bytes)
  let offset = 0
  const place = (value: unknown): unknown => {
    if (isLarge(value)) transfer.push(value.buffer)
    if (!isSmall(value)) return value
    const copy = new Uint8Array(buffer, offset, value.length)
    copy.set(value)
    offset += value.length
    return copy
  }
  transfer.push(buffer)
  return items.map((item) =>
    Object.fromEntries(Object.entries(item).map(([name, value]) => [name, place(value)])),
  )
}

function isLarge(value: unknown): value is Uint8Array<ArrayBuffer> {
  return (
    value instanceof Uint8Array &&
    value.length >= ownBufferBytes &&
    value.buffer instanceof ArrayBuffer &&
    value.buffer.byteLength === value.length
  )
}

function isSmall(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && !isLarge(value)
}
