import { Composition } from './composition.ts'
import { type Resource } from './resource.ts'
import { Scope } from './scope.ts'
import { type SpanInit, writeSpan } from './span-init.ts'
import { Span, toResource } from './span.ts'
import { fromComposition, type Traces } from './traces.ts'
import { type Attributes } from './values.ts'
import { WireWriter } from './wire-writer.ts'

const spansTag = 0x12

/** What the spans of a builder have if they do not say otherwise. */
export interface TracesBuilderDefaults {
  readonly resource?: Resource | Attributes
  readonly scope?: Scope
}

/** A span that was written into the builder's buffer, tag and length included. */
interface Written {
  readonly resource: Resource
  readonly scope: Scope
  readonly start: number
  readonly end: number
}

/**
 * Makes a batch, span by span. Writes each straight into one pooled buffer; spans of equal resource and scope come
 * into one group, wherever they stood.
 */
export class TracesBuilder {
  readonly #resource: Resource
  readonly #scope: Scope
  #writer: WireWriter | undefined
  #entries: (Span | Written)[] = []

  constructor({ resource, scope = Scope.empty }: TracesBuilderDefaults = {}) {
    this.#resource = toResource(resource)
    this.#scope = scope
  }

  get spanCount(): number {
    return this.#entries.length
  }

  /** Adds a span as it is, or makes one. @throws TypeError for ids of wrong form; nothing is added then */
  add(init: SpanInit | Span): this {
    this.#entries.push(init instanceof Span ? init : this.#write(init))
    return this
  }

  /** The batch. The builder is empty afterwards and can be used again. */
  build(): Traces {
    const composition = new Composition({ regroup: true })
    const writer = this.#writer
    for (const entry of this.#entries) {
      const { resource, scope, start, end } = entry
      if (entry instanceof Span) composition.add(resource, scope, entry)
      else if (writer !== undefined)
        composition.add(resource, scope, { buffer: writer.buffer, at: start, start, end })
    }
    const traces = fromComposition(composition)
    writer?.release()
    this.#writer = undefined
    this.#entries = []
    return traces
  }

  #write(init: SpanInit): Written {
    const resource = init.resource === undefined ? this.#resource : toResource(init.resource)
    const writer = (this.#writer ??= new WireWriter())
    const start = writer.position
    try {
      const content = writer.open(spansTag)
      writeSpan(writer, init)
      writer.close(content)
    } catch (error) {
      writer.position = start
      throw error
    }
    return { resource, scope: init.scope ?? this.#scope, start, end: writer.position }
  }
}
