import { Expanded } from '../schema/expanded.ts'
import type { Path } from '../schema/issue.ts'
import type { SourceText } from './source-text.ts'

/** A range of a source. */
export interface Place {
  readonly source: SourceText
  readonly start: number
  readonly end: number
}

interface Written {
  readonly place: Place
  /** Raw text, if the whole value came from a `${…}` reference (CFG-55). */
  readonly text?: string
  /** Number of values inside, shared ones counted as often as they are used. */
  readonly size: number
  readonly depth: number
}

export interface ScalarNode extends Written {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
}

export interface ListNode extends Written {
  readonly kind: 'list'
  readonly items: readonly ConfigNode[]
}

export interface Entry {
  /** Where the key is written. */
  readonly key: Place
  readonly node: ConfigNode
}

export interface MapNode extends Written {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, Entry>
}

/** A configuration value that knows where it was written. Nodes are immutable and may be shared. */
export type ConfigNode = ScalarNode | ListNode | MapNode

export function scalarNode(value: ScalarNode['value'], place: Place): ScalarNode {
  return { kind: 'scalar', value, place, size: 1, depth: 1 }
}

export function listNode(items: readonly ConfigNode[], place: Place): ListNode {
  return { kind: 'list', items, place, ...extent(items) }
}

export function mapNode(entries: ReadonlyMap<string, Entry>, place: Place): MapNode {
  return { kind: 'map', entries, place, ...extent([...entries.values()].map((entry) => entry.node)) }
}

function extent(children: Iterable<ConfigNode>): { size: number; depth: number } {
  let size = 1
  let depth = 1
  for (const child of children) {
    size += child.size
    depth = Math.max(depth, child.depth + 1)
  }
  return { size, depth }
}

/** Plain data of a node: maps become objects without prototype, values of whole references `Expanded`. */
export function toPlain(node: ConfigNode): unknown {
  const plain = plainValue(node)
  return node.text === undefined ? plain : new Expanded(plain, node.text)
}

function plainValue(node: ConfigNode): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value
    case 'list':
      return node.items.map(toPlain)
    case 'map': {
      const result: Record<string, unknown> = Object.create(null)
      for (const [key, entry] of node.entries) result[key] = toPlain(entry.node)
      return result
    }
  }
}

/** The node at a path, or the nearest one above it, with the place of its key. */
export function nodeAt(root: ConfigNode, path: Path): { node: ConfigNode; key: Place; exact: boolean } {
  let node = root
  let key = root.place
  for (const part of path) {
    const entry = childOf(node, part)
    if (entry === undefined) return { node, key, exact: false }
    node = entry.node
    key = entry.key
  }
  return { node, key, exact: true }
}

function childOf(node: ConfigNode, part: string | number): Entry | undefined {
  if (node.kind === 'map') return node.entries.get(String(part)) ?? entryOfTrimmed(node, String(part))
  if (node.kind !== 'list') return undefined
  const item = node.items[Number(part)]
  return item === undefined ? undefined : { key: item.place, node: item }
}

/** Component ids are known by their trimmed form, keys are as they were written. */
function entryOfTrimmed(node: MapNode, id: string): Entry | undefined {
  if (node.entries.size > 1000) return undefined
  for (const [key, entry] of node.entries) {
    if (key !== key.trim() || /\s\/|\/\s/.test(key)) {
      if (
        key
          .split('/')
          .map((part) => part.trim())
          .join('/') === id
      )
        return entry
    }
  }
  return undefined
}
