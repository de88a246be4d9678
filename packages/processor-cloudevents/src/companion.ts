import { hash } from 'node:crypto'

import { type Span, span, type SpanLinkInit } from '@spanloom/core/traces'

import type { WaitingSpan } from './waiting-room.ts'

/** A consumer span that has left without a link. */
interface Departed {
  readonly consumer: Span
  readonly leftMs: number
}

/** Remembers consumers that left without a link, so that a link that is found too late is not lost. */
export class DepartedConsumers {
  readonly #byKey = new Map<string, Departed[]>()
  readonly #ttlMs: number
  readonly #max: number
  #size: number = 0

  constructor(ttlMs: number, max: number) {
    this.#ttlMs = ttlMs
    this.#max = max
  }

  add({ key, span: consumer }: Pick<WaitingSpan, 'key' | 'span'>, leftMs: number): void {
    const same = this.#byKey.get(key)
    const departed = { consumer: withoutContent(consumer), leftMs }
    if (same === undefined) this.#byKey.set(key, [departed])
    else same.push(departed)
    this.#size++
    while (this.#size > this.#max) {
      const [oldest] = this.#byKey.keys()
      if (oldest === undefined) return
      this.take(oldest, leftMs)
    }
  }

  /** Takes out the consumers of an event that left not too long ago. */
  take(key: string, nowMs: number): readonly Span[] {
    const found = this.#byKey.get(key) ?? []
    this.#byKey.delete(key)
    this.#size -= found.length
    return found.filter(({ leftMs }) => nowMs - leftMs < this.#ttlMs).map(({ consumer }) => consumer)
  }
}

/** A span of zero length below the consumer, which has left, that carries its link (section 9.3). */
export function companionOf(consumer: Span, link: SpanLinkInit): Span {
  const { traceId, spanId, endTimeUnixNano: time } = consumer
  return span({
    traceId,
    spanId: hash('sha256', `${traceId}/${spanId}#link/${link.traceId}/${link.spanId}`).slice(0, 16),
    parentSpanId: spanId,
    name: 'CloudEvents Link',
    kind: 'INTERNAL',
    startTime: time,
    endTime: time,
    links: [link],
    resource: consumer.resource,
    scope: consumer.scope,
  })
}

/** As much of a span as a companion needs. */
function withoutContent({
  traceId,
  spanId,
  startTimeUnixNano: startTime,
  endTimeUnixNano: endTime,
  resource,
  scope,
}: Span): Span {
  return span({ traceId, spanId, name: '', startTime, endTime, resource, scope })
}
