import type { ConfigIssue } from '../errors/config-error.ts'
import type { CheckResult } from '../schema/check-config.ts'
import { closest } from '../schema/closest.ts'
import type { Path } from '../schema/issue.ts'
import { isSecretName } from '../schema/redact-url.ts'
import type { Fault } from './faults.ts'
import { codeFrame, positionOf } from './frame.ts'
import { type ConfigNode, type MapNode, type Place, nodeAt } from './node.ts'
import type { SourceText } from './source-text.ts'

/** Nobody reads more excerpts than this. */
const mostFrames = 100
const mostSearches = 200
const mostCandidates = 1000

/** Collects what is wrong with a configuration, and in the end gives each finding its position. */
export class Report {
  readonly faults: Fault[] = []
  readonly warnings: Fault[] = []
  readonly notices: Fault[] = []
  /** Places of values that schemas declare secret. */
  readonly secrets: Path[] = []
  readonly #order: SourceText[] = []
  #searches = 0

  fault(fault: Fault): void {
    this.faults.push(fault)
  }

  warn(fault: Fault): void {
    this.warnings.push(fault)
  }

  /** Takes over what checking a part of the configuration found. */
  take({ issues, warnings, secrets }: Pick<CheckResult, 'issues' | 'warnings' | 'secrets'>): void {
    for (const issue of issues) this.faults.push(issue)
    for (const warning of warnings) this.warnings.push(warning)
    for (const path of secrets) this.secrets.push(path)
  }

  /** The nearest known spelling; looked for a bounded number of times, so that no file can keep us busy. */
  nearest(word: string, candidates: Iterable<string>): string | undefined {
    this.#searches++
    return this.#searches > mostSearches ? undefined : closest(word, [...candidates].slice(0, mostCandidates))
  }

  /** Keeps the value of a node out of everything that is shown. */
  hideValue(node: ConfigNode): void {
    hide(node)
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
    const unread = new Set(this.faults.flatMap(({ place }) => (place === undefined ? [] : place.source)))
    for (const source of unread) if (!read.has(source)) hideSecretLines(source)
  }

  /** The findings with positions, in the order of the sources; consequences of `broken` values are left out. */
  placed(
    faults: readonly Fault[],
    root: MapNode | undefined,
    broken: readonly Path[] = [],
  ): readonly ConfigIssue[] {
    const brokenPaths = new Set(broken.map((path) => JSON.stringify(path)))
    return faults
      .filter(
        (fault) =>
          (fault.place !== undefined && fault.mended === undefined) ||
          !isInside(fault.target ?? fault.path, brokenPaths),
      )
      .map((fault) => ({
        fault,
        place: fault.place ?? (root === undefined ? undefined : placeOf(fault, root)),
      }))
      .toSorted(
        (a, b) => this.#rank(a.place) - this.#rank(b.place) || (a.place?.start ?? 0) - (b.place?.start ?? 0),
      )
      .map(({ fault, place }, index) => issueAt(fault, place, index < mostFrames))
  }

  #rank(place: Place | undefined): number {
    const rank = place === undefined ? -1 : this.#order.indexOf(place.source)
    return rank < 0 ? this.#order.length : rank
  }
}

function issueAt(fault: Fault, place: Place | undefined, withFrame: boolean): ConfigIssue {
  const { code, path, message, suggestion, at } = fault
  return {
    code,
    path,
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
    ...(at === undefined ? {} : { at }),
    ...(place === undefined ? {} : { source: place.source.name, ...positionOf(place) }),
    ...(place === undefined || !withFrame ? {} : { frame: codeFrame(place) }),
  }
}

/** The key where the key is at fault or where there is nothing else to point at, else the value. */
export function placeOf(fault: Pick<Fault, 'path' | 'target' | 'at'>, root: ConfigNode): Place {
  const { node, key, exact } = nodeAt(root, fault.target ?? fault.path)
  const isBlank = node.place.start === node.place.end
  return fault.at === 'key' || !exact || isBlank || node.kind === 'map' ? key : node.place
}

function isInside(path: Path, brokenPaths: ReadonlySet<string>): boolean {
  if (brokenPaths.size === 0) return false
  return path.some((_, index) => brokenPaths.has(JSON.stringify(path.slice(0, index + 1))))
}

/**
 * A source that cannot be parsed has no values to hide, only text that looks as if it held a secret: the
 * rest of the line and the deeper lines that follow.
 */
function hideSecretLines(source: SourceText): void {
  let deeperThan = Infinity
  for (let line = 1, range = source.lineRange(line); range !== undefined; range = source.lineRange(++line)) {
    const text = source.text.slice(range.start, range.end)
    const indent = text.search(/\S/)
    if (indent > deeperThan) source.hide(range.start + indent, range.end)
    else if (indent >= 0) {
      const key = [...text.matchAll(/([\w.-]+)["']?\s*[:=]\s*|:\/\/(?=[^\s/]*@)/g)].find(
        ([, name]) => name === undefined || isSecretName(name),
      )
      if (key !== undefined) source.hide(range.start + key.index + key[0].length, range.end)
      deeperThan = key === undefined ? Infinity : indent
    }
  }
}

function hideNamed(node: ConfigNode, done: Set<ConfigNode>): void {
  // Aliases share nodes; each needs to be looked at once only.
  if (done.has(node)) return
  done.add(node)
  if (node.kind === 'scalar') {
    hideInUrl(node.place)
    return
  }
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
    if (typeof node.value !== 'boolean' && node.value !== null && !isPlainReference(node.place)) {
      node.place.source.hide(node.place.start, node.place.end)
    }
    return
  }
  const children = node.kind === 'list' ? node.items : [...node.entries.values()].map((entry) => entry.node)
  for (const child of children) hide(child)
}

/** What `redactUrl` takes out of a URL: who calls, and with which key. */
function hideInUrl({ source, start, end }: Place): void {
  const text = source.text.slice(start, end)
  for (const { 0: whole, index, groups } of text.matchAll(secretsInUrl)) {
    const from = start + index + (groups?.['before']?.length ?? 0)
    source.hide(from, start + index + whole.length - (groups?.['after']?.length ?? 0))
  }
}

const secretsInUrl =
  /(?<before>:\/\/)[^/?#\s]*(?<after>@)|(?<before>[?&;][^=&#;\s]*(?:sig|key|token|password|secret|code)[^=&#;\s]*=)[^&#;\s"']*/gi

/** A `${…}` without default holds no secret itself, and seeing it helps. */
function isPlainReference({ source, start, end }: Place): boolean {
  return /^["']?\$\{(?![^}]*:-)[^${}]*\}["']?$/.test(source.text.slice(start, end))
}
