import { type ConfigNode, type Entry, type Place, mapNode } from './node.ts'

/** Parts of a key: `::` separates them (CFG-43). A key with an empty part, such as `::1`, is one part. */
export function keyParts(key: string): readonly string[] {
  const parts = key.split('::')
  return parts.includes('') ? [key] : parts
}

/** Where a key that is given twice was given first. */
export interface Clash {
  readonly earlier: Place
}

/** Collects the entries of one map, among them keys that are paths; several forms of one map add up. */
export class EntryCollector {
  readonly entries: Map<string, Entry> = new Map()
  /** Keys that were written as a plain key; a second time is a mistake. */
  readonly #plain = new Set<string>()

  /** Number of values under the first part of a key so far. */
  sizeUnder(key: string): number {
    return this.entries.get(keyParts(key)[0] ?? key)?.node.size ?? 0
  }

  add(key: string, entry: Entry): Clash | undefined {
    const [first = key, ...rest] = keyParts(key)
    const known = this.entries.get(first)
    if (rest.length === 0) {
      if (known !== undefined && this.#plain.has(first)) return { earlier: known.key }
      this.#plain.add(first)
    }
    const node = rest.reduceRight<ConfigNode>(
      (inner, part) => mapNode(new Map([[part, { key: entry.key, node: inner }]]), entry.key),
      entry.node,
    )
    const joined = known === undefined ? { key: entry.key, node } : joinForms(known, { key: entry.key, node })
    if (joined === undefined) return { earlier: known?.key ?? entry.key }
    this.entries.set(first, joined)
    return undefined
  }
}

function joinForms(a: Entry, b: Entry): Entry | undefined {
  if (isNull(a.node)) return b
  if (isNull(b.node)) return a
  if (a.node.kind !== 'map' || b.node.kind !== 'map') return undefined
  const entries = new Map(a.node.entries)
  for (const [key, entry] of b.node.entries) {
    const known = entries.get(key)
    const joined = known === undefined ? entry : joinForms(known, entry)
    if (joined === undefined) return undefined
    entries.set(key, joined)
  }
  return { key: a.key, node: mapNode(entries, a.node.place) }
}

function isNull(node: ConfigNode): boolean {
  return node.kind === 'scalar' && node.value === null
}
