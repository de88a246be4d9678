import type { Place } from '../recorder.ts'
import { type FieldValue, fieldsOf, textOf } from '../span-fields.ts'
import type { Trial } from '../trial.ts'

/** Which component was the first to hand on a span with a value. */
export class Places {
  readonly #ofSpan = new Map<string, Place>()
  readonly #ofAny = new Map<string, Place>()

  constructor({ happenings }: Trial) {
    for (const happening of happenings) {
      if (happening.type !== 'passage' || happening.direction !== 'out') continue
      for (const span of happening.traces.spans()) {
        for (const [field, value] of fieldsOf(span)) {
          const key = keyOf(field, value)
          if (!this.#ofAny.has(key)) this.#ofAny.set(key, happening.place)
          const own = `${span.spanId} ${key}`
          if (!this.#ofSpan.has(own)) this.#ofSpan.set(own, happening.place)
        }
      }
    }
  }

  /** Preferably for this span; for any other where it got its id only later. */
  first(spanId: string, field: string, value: FieldValue): Place | undefined {
    const key = keyOf(field, value)
    return this.#ofSpan.get(`${spanId} ${key}`) ?? this.#ofAny.get(key)
  }
}

/** Span events and links get other places in their lists on the way. */
const keyOf = (field: string, value: FieldValue): string =>
  `${field.replace(/\[\d+\]/, '[]')} ${textOf(value)}`
