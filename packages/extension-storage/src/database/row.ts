import type { SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'

/** A row as `node:sqlite` gives it. */
export type Row = Readonly<Record<string, SQLOutputValue>>

/** @throws Error when the column holds something else, which only a damaged file does. */
export function integer(row: Row, column: string): number {
  const value = row[column]
  if (typeof value !== 'number') throw new TypeError(`The column ${column} holds no integer.`)
  return value
}

/** @throws Error when the column holds something else. */
export function text(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new TypeError(`The column ${column} holds no text.`)
  return value
}

/** @throws Error when the column holds something else. */
export function blob(row: Row, column: string): Uint8Array {
  const value = row[column]
  if (!(value instanceof Uint8Array)) throw new TypeError(`The column ${column} holds no bytes.`)
  return value
}

/** `{ [name]: value }`, or nothing when the column is null. */
export function optional<Name extends string, Value>(
  row: Row,
  column: string,
  name: Name,
  read: (row: Row, column: string) => Value,
): { readonly [N in Name]?: Value } {
  // An object with one computed key has the type of an index signature; here the key is `Name`.
  return row[column] === null ? {} : ({ [name]: read(row, column) } as { readonly [N in Name]?: Value })
}

/** A moment as a column of integers takes it; one beyond all reckoning becomes the last that can be told. */
export function wholeMs(ms: number): number {
  return Math.trunc(Math.min(ms, Number.MAX_SAFE_INTEGER))
}

/** How many bytes one answer may hold before it is cut: results lie in memory until they are collected. */
export const pageBytes: number = 1 << 20

/**
 * The first rows of a result, as far as they make an answer of moderate size; at least one. The statement is not left
 * open: a reader that stays open would stop checkpoints.
 */
export function page<Item>(
  statement: StatementSync,
  parameters: readonly SQLInputValue[],
  read: (row: Row) => Item | undefined,
  sizeOf: (item: Item) => number,
): Item[] {
  const items: Item[] = []
  let bytes = 0
  for (const row of statement.iterate(...parameters)) {
    const item = read(row)
    if (item === undefined) break
    items.push(item)
    bytes += sizeOf(item)
    if (bytes >= pageBytes) break
  }
  return items
}
