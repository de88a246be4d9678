import { type Resource } from './resource.ts'
import { type Scope } from './scope.ts'
import { type Placed } from './span-slab.ts'
import { copyRange, varintLength, writeVarint } from './wire.ts'

const groupTag = 0x0a
const childTag = 0x12

/** A stretch of bytes: whole fields as they are, or the content of one span that still needs tag and length. */
interface Piece {
  readonly buffer: Buffer
  readonly start: number
  end: number
  readonly framed: boolean
}

interface ScopeGroup {
  scope: Scope
  readonly pieces: Piece[]
  size: number
}

interface ResourceGroup {
  resource: Resource
  readonly scopes: ScopeGroup[]
  size: number
}

/**
 * A `TracesData` in the making: ranges of spans under their resources and scopes, copied once at the end, when
 * every length is known. Neighbours of equal resource and scope share a group; with `regroup` all of them do.
 */
export class Composition {
  spanCount: number = 0
  /** Bytes of the encoding so far. */
  size: number = 0
  readonly #groups: ResourceGroup[] = []
  readonly #regroup: GroupIndex | undefined
  /** Fields of `TracesData` that nobody knows yet. */
  readonly #extra: Buffer[] = []

  constructor({ regroup = false }: { readonly regroup?: boolean } = {}) {
    if (regroup) this.#regroup = new GroupIndex(this.#groups)
  }

  get groupCount(): number {
    return this.#groups.length
  }

  /** Adds whole fields of `TracesData` as they are. */
  addExtra(bytes: Buffer): void {
    this.#extra.push(bytes)
    this.size += bytes.length
  }

  /** Adds one span. */
  add(resource: Resource, scope: Scope, { buffer, at, start, end }: Placed): void {
    const group = this.#groupOf(resource)
    const child = this.#childOf(group, scope)
    const framed = at >= 0
    const length = framed ? end - at : framedLength(end - start)
    const before = framedLength(group.size)
    group.size += framedLength(child.size + length) - framedLength(child.size)
    child.size += length
    this.size += framedLength(group.size) - before
    this.spanCount++
    const last = child.pieces.at(-1)
    if (framed && last !== undefined && last.framed && last.buffer === buffer && last.end === at)
      last.end = end
    else child.pieces.push({ buffer, start: framed ? at : start, end, framed })
  }

  /** How many bytes {@link add} of a span field of `length` bytes would add. */
  growth(resource: Resource, scope: Scope, length: number): number {
    const group = this.#groups.at(-1)
    if (group === undefined || !group.resource.equals(resource)) {
      const child = framedLength(scope.envelope.bytes.length + length)
      return framedLength(resource.envelope.bytes.length + child)
    }
    const child = group.scopes.at(-1)
    const more =
      child === undefined || !child.scope.equals(scope)
        ? framedLength(scope.envelope.bytes.length + length)
        : framedLength(child.size + length) - framedLength(child.size)
    return framedLength(group.size + more) - framedLength(group.size)
  }

  /** The encoding, in a buffer of its own. */
  bytes(): Buffer {
    const target = Buffer.allocUnsafeSlow(this.size)
    let position = 0
    for (const extra of this.#extra) position = copyRange(extra, 0, extra.length, target, position)
    for (const group of this.#groups) position = writeGroup(group, target, position)
    return target
  }

  #groupOf(resource: Resource): ResourceGroup {
    const last = this.#groups.at(-1)
    if (last !== undefined && last.resource === resource) return last
    const known = last?.resource.equals(resource) === true ? last : this.#regroup?.find(resource)
    if (known !== undefined) {
      // The next span most likely has this very object, and identity is the cheapest comparison.
      known.resource = resource
      return known
    }
    const group: ResourceGroup = { resource, scopes: [], size: resource.envelope.bytes.length }
    this.#groups.push(group)
    this.size += framedLength(group.size)
    return group
  }

  #childOf(group: ResourceGroup, scope: Scope): ScopeGroup {
    const last = group.scopes.at(-1)
    if (last !== undefined && last.scope === scope) return last
    const known =
      this.#regroup === undefined
        ? last?.scope.equals(scope) === true
          ? last
          : undefined
        : group.scopes.find((child) => child.scope.equals(scope))
    if (known !== undefined) {
      known.scope = scope
      return known
    }
    const child: ScopeGroup = { scope, pieces: [], size: scope.envelope.bytes.length }
    group.scopes.push(child)
    const before = framedLength(group.size)
    group.size += framedLength(child.size)
    this.size += framedLength(group.size) - before
    return child
  }
}

/** Finds the group of a resource anywhere in the batch. Most have one group, and nothing to be looked up. */
class GroupIndex {
  readonly #groups: readonly ResourceGroup[]
  #byIdentity: Map<Resource, ResourceGroup> | undefined
  #byBytes: Map<string, ResourceGroup> | undefined
  #indexed: number = 0

  constructor(groups: readonly ResourceGroup[]) {
    this.#groups = groups
  }

  find(resource: Resource): ResourceGroup | undefined {
    if (this.#groups.length === 0) return undefined
    const byIdentity = (this.#byIdentity ??= new Map())
    const byBytes = (this.#byBytes ??= new Map())
    for (; this.#indexed < this.#groups.length; this.#indexed++) {
      const group = this.#groups[this.#indexed]
      if (group === undefined) continue
      byIdentity.set(group.resource, group)
      byBytes.set(keyOf(group.resource), group)
    }
    const known = byIdentity.get(resource) ?? byBytes.get(keyOf(resource))
    if (known !== undefined) byIdentity.set(resource, known)
    return known
  }
}

function keyOf({ envelope }: Resource): string {
  return envelope.bytes.toString('latin1')
}

function framedLength(length: number): number {
  return 1 + varintLength(length) + length
}

function writeGroup({ resource, scopes, size }: ResourceGroup, target: Buffer, at: number): number {
  const head = resource.envelope.bytes
  let position = writeFrame(groupTag, size, target, at)
  position = copyRange(head, 0, head.length, target, position)
  for (const { scope, pieces, size: childSize } of scopes) {
    const childHead = scope.envelope.bytes
    position = writeFrame(childTag, childSize, target, position)
    position = copyRange(childHead, 0, childHead.length, target, position)
    for (const { buffer, start, end, framed } of pieces) {
      if (!framed) position = writeFrame(childTag, end - start, target, position)
      position = copyRange(buffer, start, end, target, position)
    }
  }
  return position
}

function writeFrame(tag: number, length: number, target: Buffer, position: number): number {
  target[position] = tag
  return writeVarint(target, position + 1, length)
}
