import { Envelope } from './envelope.ts'
import { resourceSpansField, scopeSpansField, tracesField } from './fields.ts'
import { Resource } from './resource.ts'
import { Scope } from './scope.ts'
import { Span } from './span.ts'
import { FieldCursor } from './wire.ts'

const none = new FieldCursor(Buffer.alloc(0), 0, 0)

/** Steps through the spans of one `TracesData`, over all its levels; looks only at tags and lengths. */
export class SpanCursor {
  readonly buffer: Buffer
  /** Where the tag of the current span begins. */
  at: number = 0
  /** Where the message of the current span begins. */
  start: number = 0
  /** Where the message of the current span ends. */
  end: number = 0
  readonly #groups: FieldCursor
  #scopes: FieldCursor = none
  #spans: FieldCursor = none
  #resource: Resource | undefined
  #scope: Scope | undefined

  constructor(buffer: Buffer) {
    this.buffer = buffer
    this.#groups = new FieldCursor(buffer, 0, buffer.length)
  }

  /** Moves to the next span; false when there is none. */
  next(): boolean {
    for (;;) {
      while (this.#spans.next()) {
        if (this.#spans.field !== scopeSpansField.spans) continue
        this.at = this.#spans.at
        this.start = this.#spans.start
        this.end = this.#spans.end
        return true
      }
      if (!this.#nextScope() && !this.#nextGroup()) return false
    }
  }

  /** The resource of the current span; one object for all spans of its group. */
  get resource(): Resource {
    const { start, end } = this.#groups
    return (this.#resource ??= new Resource(new Envelope(this.buffer, start, end)))
  }

  /** The scope of the current span; one object for all its spans. */
  get scope(): Scope {
    const { start, end } = this.#scopes
    return (this.#scope ??= new Scope(new Envelope(this.buffer, start, end)))
  }

  /** A view of the current span. */
  span(): Span {
    return new Span(this.buffer, this.start, this.end, this.resource, this.scope, this.at)
  }

  #nextScope(): boolean {
    while (this.#scopes.next()) {
      if (this.#scopes.field !== resourceSpansField.scopeSpans) continue
      this.#spans = new FieldCursor(this.buffer, this.#scopes.start, this.#scopes.end)
      this.#scope = undefined
      return true
    }
    return false
  }

  #nextGroup(): boolean {
    while (this.#groups.next()) {
      if (this.#groups.field !== tracesField.resourceSpans) continue
      this.#scopes = new FieldCursor(this.buffer, this.#groups.start, this.#groups.end)
      this.#resource = undefined
      return true
    }
    return false
  }
}
