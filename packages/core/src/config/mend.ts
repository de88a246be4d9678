import type { ConfigIssue } from '../errors/config-error.ts'
import type { Path } from '../schema/issue.ts'
import { type ConfigNode, type Entry, type MapNode, listNode, mapNode, nodeAt, scalarNode } from './node.ts'
import { plainScalar } from './yaml-scalar.ts'

/** Settings whose faults are mended as far as suggestions go. */
export interface Mended {
  readonly node: ConfigNode
  /** Paths of settings that had to be left out, or that are misspelt for one that is missing therefore. */
  readonly lost: readonly Path[]
}

/**
 * Mends what `issues` found: misspelt keys get their right name, values the suggested one, and what cannot be mended is
 * left out, so that faults which hide behind others are found in the same run. Paths of the issues begin at `node`.
 * `undefined` when nothing sensible can be made of it.
 */
export function mend(node: ConfigNode, issues: readonly ConfigIssue[]): Mended | undefined {
  const lost: Path[] = []
  let mended: ConfigNode | undefined = node
  for (const issue of issues) {
    if (mended === undefined || issue.code === 'missing_setting' || issue.path.length === 0) return undefined
    if (tolerable.has(issue.code) && issue.suggestion === undefined) continue
    const change = changeFor(issue, mended)
    if (change === leftOut) lost.push(issue.path, ...meantPath(issue))
    mended = changed(mended, issue.path, change)
  }
  return mended === undefined ? undefined : { node: mended, lost }
}

/** Faults that leave a value of the right type, with which the others can still be judged. */
export const tolerable: ReadonlySet<string> = new Set(['out_of_range', 'duplicate_item'])

/** The setting that a key was meant to be, which is missing therefore. */
function meantPath({ code, path, suggestion }: ConfigIssue): readonly Path[] {
  const named = code === 'unknown_key' && suggestion !== undefined && !/\s/.test(suggestion)
  return named ? [[...path.slice(0, -1), ...suggestion.split('.')]] : []
}

/** What becomes of an entry: another name or value, or nothing. */
type Change = (key: string, entry: Entry) => readonly [string, Entry] | undefined

const leftOut: Change = () => undefined

/** Faults whose mended value may be other than text. */
const typed: ReadonlySet<string> = new Set(['wrong_type', 'out_of_range'])

function changeFor({ code, path, suggestion }: ConfigIssue, root: ConfigNode): Change {
  if (suggestion === undefined || /\s/.test(suggestion)) return leftOut
  if (code === 'unknown_key') {
    const { node, exact } = nodeAt(root, [...path.slice(0, -1), suggestion])
    return exact || node.kind !== 'map' || suggestion.includes('.')
      ? leftOut
      : (_, entry) => [suggestion, entry]
  }
  return (key, { key: place, node }) => [
    key,
    { key: place, node: scalarNode(typed.has(code) ? plainScalar(suggestion) : suggestion, node.place) },
  ]
}

function changed(node: ConfigNode, path: Path, change: Change): ConfigNode | undefined {
  const [part, ...rest] = path
  if (part === undefined) return undefined
  const inner = (key: string, entry: Entry): readonly [string, Entry] | undefined => {
    if (rest.length === 0) return change(key, entry)
    const child = changed(entry.node, rest, change)
    return child === undefined ? undefined : [key, { key: entry.key, node: child }]
  }
  if (node.kind === 'list') {
    const item = node.items[Number(part)]
    const other = item === undefined ? undefined : inner(String(part), { key: item.place, node: item })
    // Without one item, the others would have other places.
    if (other === undefined) return undefined
    return listNode(node.items.with(Number(part), other[1].node), node.place)
  }
  return node.kind === 'map' ? changedMap(node, String(part), inner) : undefined
}

function changedMap(node: MapNode, part: string, change: Change): MapNode | undefined {
  const entry = node.entries.get(part)
  if (entry === undefined) return undefined
  const entries = [...node.entries].flatMap(([key, each]) => {
    const other = key === part ? change(key, each) : ([key, each] as const)
    return other === undefined ? [] : [other]
  })
  return mapNode(new Map(entries), node.place)
}
