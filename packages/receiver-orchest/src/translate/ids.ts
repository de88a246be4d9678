import { createHash } from 'node:crypto'

/** Makes ids and keys of what Orchest says about things (`orchest.md` 3.4). */
export interface IdMaker {
  traceId(idKey: string): string
  spanId(idKey: string): string
  /** The value of `spanloom.key` and its like. */
  control(key: string): string
}

/** With a salt nobody can compute ids from uuids that they know, and two installations never share a key. */
export function idMaker(salt: string): IdMaker {
  const prefix = salt === '' ? 'orchest:' : `orchest:${sha256(salt).slice(0, 8)}:`
  return {
    traceId: (idKey) => digits(sha256(`${salt}orchest:trace:${idKey}`), 32),
    spanId: (idKey) => digits(sha256(`${salt}orchest:span:${idKey}`), 16),
    control: (key) => prefix + key,
  }
}

/** A key of an entity: its name and the values that identify it; `undefined` when one of them is missing. */
export function keyOf(entity: string, ...values: readonly unknown[]): string | undefined {
  const parts = [entity]
  for (const value of values) {
    const text = scalar(value)
    if (text === undefined) return undefined
    parts.push(text.replaceAll('%', '%25').replaceAll('|', '%7C'))
  }
  return parts.join('|')
}

function scalar(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex')

/** An id of zeros only would be none. */
function digits(digest: string, count: number): string {
  const first = digest.slice(0, count)
  return /^0+$/.test(first) ? digest.slice(count, 2 * count) : first
}
