import type { ConfigIssue } from '../errors/config-error.ts'
import type { Path } from '../schema/issue.ts'
import { isSecretName } from '../schema/redact-url.ts'
import type { Fault } from './faults.ts'
import { codeFrame, positionOf } from './frame.ts'
import { type ConfigNode, type MapNode, type Place, nodeAt } from './node.ts'
import type { SourceText } from './source-text.ts'

/** Collects what is wrong with a configuration, and in the end gives each finding its position. */
export class Report {
  readonly faults: Fault[] = []
  readonly warnings: Fault[] = []
  readonly notices: Fault[] = []
  /** Places of values that schemas declare secret. */
  readonly secrets: Path[] = []
  readonly #order: SourceText[] = []

  fault(fault: Fault): void {
    this.faults.push(fault)
  }

  warn(fault: Fault): void {
    this.warnings.push(fault)
  }

  /** Tells of a source; findings are listed in the order of sources. */
  addSource(source: SourceText): void {
    this.#order.push(source)
  }

  /** Keeps secrets out of all excerpts: those that schemas declare and those that look like one. */
  hideSecrets(roots: readonly ConfigNode[]): void {
    const done = new Set<ConfigNode>()
    for (const root of roots) {
      hideNamed(root, done)
      for (const path of this.secrets) {
        const { node, exact } = nodeAt(root, path)
        if (exact) hide(node)
      }
    }
    const read = new Set(roots.map((root) => root.place.source))
    for (const { place } of this.faults) {
      if (place !== undefined && !read.has(place.source)) hideSecretLines(place.source)
    }
  }

  /** The findings with positions, in the order of the sources; consequences of `broken` values are left out. */
  placed(
    faults: readonly Fault[],
    root: MapNode | undefined,
    broken: readonly Path[] = [],
  ): readonly ConfigIssue[] {
    return faults
      .filter(
        (fault) =>
          fault.place !== undefined || !broken.some((path) => startsWith(fault.target ?? fault.path, path)),
      )
      .map((fault) => ({ fault, place: fault.place ?? placeOf(fault, root) }))
      .toSorted(
        (a, b) => this.#rank(a.place) - this.#rank(b.place) || (a.place?.start ?? 0) - (b.place?.start ?? 0),
      )
      .map(({ fault, place }) => issueAt(fault, place))
  }

  #rank(place: Place | undefined): number {
    const rank = place === undefined ? -1 : this.#order.indexOf(place.source)
    return rank < 0 ? this.#order.length : rank
  }
}

function issueAt(fault: Fault, place: Place | undefined): ConfigIssue {
  const { code, path, message, suggestion, at } = fault
  return {
    code,
    path,
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
    ...(at === undefined ? {} : { at }),
    ...(place === undefined
      ? {}
      : { source: place.source.name, ...positionOf(place), frame: codeFrame(place) }),
  }
}

/** The key where the key is at fault or where there is nothing else to point at, else the value. */
function placeOf(fault: Fault, root: MapNode | undefined): Place | undefined {
  if (root === undefined) return undefined
  const { node, key, exact } = nodeAt(root, fault.target ?? fault.path)
  const isBlank = node.place.start === node.place.end
  return fault.at === 'key' || !exact || isBlank || node.kind === 'map' ? key : node.place
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((part, index) => path[index] === part)
}

/** A source that cannot be parsed has no values to hide, only lines that look as if they held a secret. */
function hideSecretLines(source: SourceText): void {
  for (const line of source.text.matchAll(/([\w.-]+)["']?\s*[:=]\s*([^\n]+)/g)) {
    const [whole, key = '', value = ''] = line
    const end = line.index + whole.length
    if (isSecretName(key) || /\w+:\/\/[^\s/]*@/.test(value)) source.hide(end - value.length, end)
  }
}

function hideNamed(node: ConfigNode, done: Set<ConfigNode>): void {
  // Aliases share nodes; each needs to be looked at once only.
  if (node.kind === 'scalar' || done.has(node)) return
  done.add(node)
  if (node.kind === 'list') {
    for (const item of node.items) hideNamed(item, done)
    return
  }
  for (const [key, entry] of node.entries) {
    if (isSecretName(key)) hide(entry.node)
    else hideNamed(entry.node, done)
  }
}

function hide(node: ConfigNode): void {
  if (node.kind === 'scalar') {
    if (typeof node.value !== 'boolean' && node.value !== null)
      node.place.source.hide(node.place.start, node.place.end)
    return
  }
  for (const child of node.kind === 'list'
    ? node.items
    : [...node.entries.values()].map((entry) => entry.node)) {
    hide(child)
  }
}
