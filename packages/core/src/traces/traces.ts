import { Composition } from './composition.ts'
import { checkDensity } from './density.ts'
import { bytesWithoutField } from './envelope.ts'
import { tracesField } from './fields.ts'
import { type Resource } from './resource.ts'
import { SpanCursor } from './span-cursor.ts'
import { type Span } from './span.ts'
import { splitTraces } from './split.ts'
import { countGroups, countSpans, validateTraces } from './validate.ts'
import { asBuffer } from './wire.ts'

/**
 * An immutable batch of spans: the bytes of OTLP `TracesData` in one or more chunks.
 *
 * The concatenation of two encodings is their merge, so that joining batches is listing their chunks, and every
 * change copies what it does not touch.
 */
export class Traces {
  static readonly empty: Traces = new Traces([], 0, 0)

  /** How many spans there are. */
  readonly spanCount: number
  /** How many groups of one resource there are; equal resources may have several. */
  readonly resourceSpansCount: number
  /** Length of the protobuf form. */
  readonly byteLength: number
  #chunks: readonly Buffer[]

  /** Use {@link Traces.fromProtobuf}, {@link Traces.trusted} or {@link Traces.of}. @internal */
  constructor(chunks: readonly Buffer[], spanCount: number, resourceSpansCount: number) {
    this.#chunks = chunks
    this.spanCount = spanCount
    this.resourceSpansCount = resourceSpansCount
    this.byteLength = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  }

  /**
   * Takes an encoded `TracesData` or `ExportTraceServiceRequest`. Walks all its levels once, so that no later
   * read can fail. Keeps the bytes: they must not be changed afterwards.
   *
   * @throws PermanentError `INVALID_OTLP` with gRPC status 3
   */
  static fromProtobuf(bytes: Uint8Array): Traces {
    const buffer = asBuffer(bytes)
    const spanCount = validateTraces(buffer)
    const groupCount = countGroups(buffer)
    checkDensity(spanCount + groupCount, buffer.length)
    return new Traces(buffer.length === 0 ? [] : [buffer], spanCount, groupCount)
  }

  /**
   * Takes bytes that came out of a `Traces` before, or are known to be right for another reason, unchecked; far
   * cheaper than {@link Traces.fromProtobuf}. The spans are counted unless their number is given.
   */
  static trusted(bytes: Uint8Array, spanCount?: number): Traces {
    const buffer = asBuffer(bytes)
    if (buffer.length === 0) return Traces.empty
    return new Traces([buffer], spanCount ?? countSpans(buffer), countGroups(buffer))
  }

  /** A batch of these spans in this order; neighbours of equal resource and scope share a group. */
  static of(spans: Iterable<Span>): Traces {
    const composition = new Composition()
    for (const one of spans) composition.add(one.resource, one.scope, one)
    return fromComposition(composition)
  }

  /** All spans of all batches, without copying. */
  static concat(batches: readonly Traces[]): Traces {
    if (batches.length === 1 && batches[0] !== undefined) return batches[0]
    let spanCount = 0
    let groupCount = 0
    const chunks: Buffer[] = []
    for (const batch of batches) {
      spanCount += batch.spanCount
      groupCount += batch.resourceSpansCount
      for (const chunk of batch.#chunks) chunks.push(chunk)
    }
    return chunks.length === 0 ? Traces.empty : new Traces(chunks, spanCount, groupCount)
  }

  /** The bytes in one or more parts, each a valid `TracesData`. They must not be changed. */
  get chunks(): readonly Buffer[] {
    return this.#chunks
  }

  /** The bytes in one buffer, which is not copied when there is one chunk only. It must not be changed. */
  toProtobuf(): Buffer {
    const [only] = this.#chunks
    if (only !== undefined && this.#chunks.length === 1) return only
    const whole = Buffer.concat(this.#chunks)
    if (whole.length > 0) this.#chunks = [whole]
    return whole
  }

  /** The spans in the order of the bytes. */
  *spans(): Generator<Span, void, undefined> {
    for (const chunk of this.#chunks) {
      const cursor = new SpanCursor(chunk)
      while (cursor.next()) yield cursor.span()
    }
  }

  /** Calls `visit` with every span; for hot paths, as it is cheaper than {@link spans}. */
  forEach(visit: (span: Span) => void): void {
    for (const chunk of this.#chunks) {
      const cursor = new SpanCursor(chunk)
      while (cursor.next()) visit(cursor.span())
    }
  }

  /**
   * A batch with every span as `change` returns it, and without those for which it returns undefined. Itself when
   * nothing changed; what lies between changes is copied in ranges.
   */
  map(change: (span: Span) => Span | undefined): Traces {
    const chunks = this.#chunks.map((chunk) => mapChunk(chunk, change))
    return chunks.every((chunk) => chunk === undefined) ? this : this.#replaced(chunks)
  }

  /** The spans that are to be kept; itself when that is all of them. */
  filter(keep: (span: Span) => boolean): Traces {
    return this.map((span) => (keep(span) ? span : undefined))
  }

  /**
   * Cuts at span borders into parts of at most `max` spans or bytes; a single span that is larger stays whole.
   *
   * @throws RangeError when `max` is less than 1
   */
  split(max: number, sizer: 'items' | 'bytes'): readonly Traces[] {
    if (!(max >= 1)) throw new RangeError('A batch can only be split into parts of at least 1.')
    if (this.spanCount === 0 || (sizer === 'items' ? this.spanCount : this.byteLength) <= max) return [this]
    return splitTraces(this.#chunks, max, sizer).map(fromComposition)
  }

  /** A batch with other resources; undefined drops the spans of one. Called once for each group of spans. */
  mapResources(change: (resource: Resource) => Resource | undefined): Traces {
    const known = new Map<Resource, Resource | undefined>()
    return this.map((span) => {
      const { resource } = span
      if (!known.has(resource)) known.set(resource, change(resource))
      const changed = known.get(resource)
      return changed === undefined || changed === resource
        ? changed && span
        : span.with({ resource: changed })
    })
  }

  #replaced(changed: readonly (Composition | undefined)[]): Traces {
    const parts = this.#chunks.map((chunk, index) => {
      const composition = changed[index]
      return composition === undefined ? Traces.trusted(chunk) : fromComposition(composition)
    })
    return Traces.concat(parts)
  }
}

/** The batch that was composed. */
export function fromComposition(composition: Composition): Traces {
  if (composition.spanCount === 0) return Traces.empty
  return new Traces([composition.bytes()], composition.spanCount, composition.groupCount)
}

/** The chunk with its spans changed; undefined when they all stay. */
function mapChunk(chunk: Buffer, change: (span: Span) => Span | undefined): Composition | undefined {
  const cursor = new SpanCursor(chunk)
  let composition: Composition | undefined
  let unchanged = 0
  while (cursor.next()) {
    const before = cursor.span()
    const after = change(before)
    if (after === before) {
      if (composition === undefined) unchanged++
      else composition.add(before.resource, before.scope, before)
      continue
    }
    composition ??= firstSpans(chunk, unchanged)
    if (after !== undefined) composition.add(after.resource, after.scope, after)
  }
  return composition
}

/** The beginning of the chunk up to the first change. */
function firstSpans(chunk: Buffer, count: number): Composition {
  const composition = new Composition()
  const extra = bytesWithoutField(chunk, 0, chunk.length, tracesField.resourceSpans)
  if (extra.length > 0) composition.addExtra(extra)
  const cursor = new SpanCursor(chunk)
  for (let index = 0; index < count && cursor.next(); index++) {
    composition.add(cursor.resource, cursor.scope, cursor)
  }
  return composition
}
