import { parseTraceContext, parseTracestate, type TraceContext } from '@spanloom/cloudevents'
import type { Attributes, Span, SpanChange, SpanLinkInit } from '@spanloom/core/traces'

import type { CloudEventsConfig } from './config.ts'
import { bestContext, type ContextStore, type ProducerContext } from './context-store.ts'
import { type EventFacts, eventFacts, goNames, mayTellOfEvent, registered } from './event-facts.ts'
import { eventKey } from './event-key.ts'
import { isLinked, linkTo, withLinks } from './links.ts'
import { rankOf, roleOf } from './roles.ts'
import type { Tally } from './tally.ts'

/** What becomes of a span. */
export interface Woven {
  readonly span: Span
  /** Key of the event whose producer the span has to wait for. */
  readonly waitsFor?: string
  /** The event whose producer this span belongs to. */
  readonly produced?: { readonly key: string; readonly context: ProducerContext }
}

/**
 * The rules for one span: normalises its attributes, links it to where its event was made, or tells what it waits for
 * (`cloudevents.md` sections 9.2 and 9.3). Remembers nothing itself.
 */
export class Weaver {
  readonly #config: CloudEventsConfig
  readonly #store: ContextStore

  constructor(config: CloudEventsConfig, store: ContextStore) {
    this.#config = config
    this.#store = store
  }

  weave(span: Span, nowMs: number, tally: Tally): Woven {
    if (!mayTellOfEvent(span.bytes)) return { span }
    const { attributes } = span
    const facts = eventFacts(attributes)
    const key = eventKey(facts)
    const change = this.#config.normalize ? normalized(attributes, facts) : {}
    switch (roleOf(span, attributes, this.#config.server_spans)) {
      case 'producer': {
        const woven = span.with(change)
        return key === undefined
          ? { span: woven }
          : { span: woven, produced: { key, context: producerContext(span, attributes, nowMs) } }
      }
      case 'consumer':
        return this.#consumer(span, change, { facts, key, nowMs, tally })
      case 'other':
        return { span: span.with(change) }
    }
  }

  /** Links a span that waited; undefined while nobody is known who made its event. */
  linked(span: Span, key: string, nowMs: number): Span | undefined {
    const context = this.#known(span, key, nowMs)
    if (context === undefined) return undefined
    if (isLinked(span, context)) return span
    return span.with(withLinks(span, [linkTo(context, 'store')], this.#config.max_links_per_span))
  }

  #consumer(
    span: Span,
    change: SpanChange,
    event: {
      readonly facts: EventFacts
      readonly key: string | undefined
      readonly nowMs: number
      readonly tally: Tally
    },
  ): Woven {
    const { facts, key, nowMs, tally } = event
    const extension = parseTraceContext(facts.traceparent, facts.tracestate)
    if (extension !== undefined) return { span: this.#extended(span, change, extension, event) }
    if (facts.traceparent !== undefined) tally.invalidTraceparents++
    if (key === undefined || span.links.length > 0) return { span: span.with(change) }
    const context = this.#known(span, key, nowMs)
    if (context === undefined) return this.#unknown(span.with(change), key, tally)
    if (isLinked(span, context)) return { span: span.with(change) }
    tally.links.store++
    return { span: this.#withLinks(span, change, [linkTo(context, 'store')]) }
  }

  #unknown(span: Span, key: string, tally: Tally): Woven {
    if (this.#config.hold > 0) return { span, waitsFor: key }
    tally.disabled++
    return { span }
  }

  #extended(
    span: Span,
    change: SpanChange,
    extension: TraceContext,
    {
      key,
      nowMs,
      tally,
    }: { readonly key: string | undefined; readonly nowMs: number; readonly tally: Tally },
  ): Span {
    const links: SpanLinkInit[] = []
    if (!isLinked(span, extension)) {
      links.push(linkTo(extension, 'extension'))
      tally.links.extension++
    }
    const original = key === undefined ? undefined : this.#overwritten(span, key, extension, nowMs)
    if (original === undefined) return this.#withLinks(span, change, links)
    tally.overwrittenExtensions++
    if (this.#config.on_overwrite === 'add_link' && !isLinked(span, original)) {
      links.push(linkTo(original, 'store'))
      tally.links.store++
    }
    const attributes = { ...change.attributes, 'spanloom.extension_overwritten': true }
    return this.#withLinks(span, { ...change, attributes }, links)
  }

  /** Where the event was really made, if that is known and in another trace than the extension says. */
  #overwritten(span: Span, key: string, extension: TraceContext, nowMs: number): ProducerContext | undefined {
    if (this.#config.on_overwrite === 'ignore') return undefined
    const created = this.#store.find(key, nowMs).filter(({ rank }) => rank === 0)
    if (created.some(({ traceId }) => traceId === extension.traceId)) return undefined
    return bestContext(created, span.startTimeUnixNano)
  }

  #known(span: Span, key: string, nowMs: number): ProducerContext | undefined {
    const others = this.#store
      .find(key, nowMs)
      .filter((one) => one.spanId !== span.spanId || one.traceId !== span.traceId)
    return bestContext(others, span.startTimeUnixNano)
  }

  #withLinks(span: Span, change: SpanChange, links: readonly SpanLinkInit[]): Span {
    const added = links.length === 0 ? {} : withLinks(span, links, this.#config.max_links_per_span)
    return span.with({ ...change, ...added })
  }
}

/** Registered attributes that are missing, and names of the Go SDK that go. */
function normalized(attributes: Attributes, facts: EventFacts): SpanChange {
  const set: Record<string, string> = {}
  for (const name of ['id', 'source', 'specversion', 'type', 'subject'] as const) {
    const value = facts[name]
    if (value !== undefined && attributes[registered[name]] === undefined) set[registered[name]] = value
  }
  const removed = goNames.filter((name) => attributes[name] !== undefined)
  return {
    ...(Object.keys(set).length === 0 ? {} : { attributes: set }),
    ...(removed.length === 0 ? {} : { removeAttributes: removed }),
  }
}

function producerContext(span: Span, attributes: Attributes, seenMs: number): ProducerContext {
  const { traceId, spanId, flags, traceState, startTimeUnixNano: startTime } = span
  return {
    traceId,
    spanId,
    // Flags of 0 are those of an exporter that does not tell: what was exported was sampled.
    flags: flags === 0 ? 1 : flags & 3,
    traceState: parseTracestate(traceState),
    startTime,
    rank: rankOf(span, attributes),
    seenMs,
  }
}
