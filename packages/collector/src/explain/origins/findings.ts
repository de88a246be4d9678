import { shapeText, type SentSpan, sentSpans } from '../outcome.ts'
import { type FieldValue, textOf } from '../span-fields.ts'
import type { Trial } from '../trial.ts'
import { aligned } from './align.ts'
import type { Source } from './inputs.ts'

/** A field of a span that would be sent. */
interface SpanField {
  /** Which of the spans. */
  readonly number: number
  readonly field: string
}

/** What the trials so far have told about the spans of the first one. */
export class Findings {
  readonly sent: readonly SentSpan[]
  readonly #shape: string
  readonly #drops: string
  /** Sources by field, for each span. */
  readonly #sources: readonly Map<string, Set<Source>>[]
  /** Fields that are others each time, for each span. */
  readonly #random: readonly Set<string>[]

  constructor(trial: Trial) {
    this.sent = sentSpans(trial)
    this.#shape = shapeText(trial, this.sent)
    this.#drops = dropsText(trial)
    this.#sources = this.sent.map(() => new Map())
    this.#random = this.sent.map(() => new Set())
  }

  /** Where a field of a span is known to come from. */
  sourcesOf(number: number, field: string): readonly Source[] {
    return [...(this.#sources[number]?.get(field) ?? [])]
  }

  /** All sources of a span. */
  allSourcesOf(number: number): readonly Source[] {
    return [...(this.#sources[number]?.values() ?? [])].flatMap((sources) => [...sources])
  }

  /** Fields of which nothing is known yet, by the number of their span. */
  *unknown(): Generator<SpanField & { readonly value: FieldValue }> {
    for (const [number, { fields }] of this.sent.entries()) {
      for (const [field, value] of fields) {
        if (!this.#sources[number]?.has(field)) yield { number, field, value }
      }
    }
  }

  /** Whether the outcome of another trial is the same, but for chance. */
  isSame(trial: Trial): boolean {
    const sent = sentSpans(trial)
    if (shapeText(trial, sent) !== this.#shape || dropsText(trial) !== this.#drops) return false
    return [...this.#pairs(sent)].every(({ number, fields, others }) => {
      const random = this.#random[number]
      if (fields.size !== others.size) return false
      return [...fields].every(
        ([field, value]) => random?.has(field) === true || textOf(others.get(field)) === textOf(value),
      )
    })
  }

  /** Whether the spans of another trial can be compared with those of the first one by one. */
  isComparable(trial: Trial): boolean {
    return shapeText(trial) === this.#shape
  }

  /** The other trial was the first one again: what differs is chance. */
  takeRandom(trial: Trial): void {
    for (const { number, field } of this.#differences(trial)) {
      this.#random[number]?.add(field)
      this.#add(number, field, { kind: 'random' })
    }
  }

  /**
   * The other trial had other values for these sources. What is known to come from one of `others`, which were changed
   * along, says nothing of the sources.
   */
  take(trial: Trial, sources: readonly Source[], others: readonly Source[] = []): void {
    for (const { number, field } of this.#differences(trial)) {
      const known = this.#sources[number]?.get(field)
      if (others.some((source) => known?.has(source))) continue
      for (const source of sources) this.#add(number, field, source)
    }
  }

  /** The sources of these fields, as far as they are others in the other trial. */
  takeFor(trial: Trial, fields: readonly SpanField[], sources: readonly Source[]): void {
    const wanted = this.sent.map(() => new Set<string>())
    for (const { number, field } of fields) wanted[number]?.add(field)
    for (const { number, field } of this.#differences(trial)) {
      if (wanted[number]?.has(field)) for (const source of sources) this.#add(number, field, source)
    }
  }

  #add(number: number, field: string, source: Source): void {
    if (source.kind !== 'random' && this.#random[number]?.has(field)) return
    const sources = this.#sources[number]
    const known = sources?.get(field) ?? new Set()
    sources?.set(field, known.add(source))
  }

  *#differences(trial: Trial): Generator<SpanField> {
    for (const { number, fields, others } of this.#pairs(sentSpans(trial))) {
      for (const [field, value] of fields) {
        if (textOf(others.get(field)) !== textOf(value)) yield { number, field }
      }
    }
  }

  *#pairs(sent: readonly SentSpan[]): Generator<{
    readonly number: number
    readonly fields: SentSpan['fields']
    readonly others: SentSpan['fields']
  }> {
    const counterparts = aligned(this.sent, sent)
    for (const [number, { fields }] of this.sent.entries()) {
      const other = counterparts[number]
      if (other !== undefined) yield { number, fields, others: other.fields }
    }
  }
}

function dropsText({ happenings }: Trial): string {
  return JSON.stringify(
    happenings.flatMap((each) =>
      each.type === 'drop' ? [[each.place.id, each.delivery, each.count, each.reason]] : [],
    ),
  )
}
