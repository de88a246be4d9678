import {
  type CloudEvent,
  formatTraceparent,
  isTimestamp,
  type TraceContext,
  tracingExtension,
} from '@spanloom/cloudevents'
import { Resource, Scope, type SpanInit, type SpanLinkInit } from '@spanloom/core/traces'

import type { CloudEventsConfig } from '../settings.ts'
import { attributesOf, type ConventionOptions, type EventOrigin, nameOf } from './conventions.ts'
import { idsOf, isSampled } from './ids.ts'

/** Circumstances in which an event arrived. */
export interface Delivery extends EventOrigin {
  /** The context that the transport brought: the hop, not the event. */
  readonly ambient: TraceContext | undefined
  /** Unix nanoseconds. */
  readonly receivedAt: bigint
  /** How often the event came before in the same delivery. */
  readonly repetition: number
}

/** What is to be written into an event that nobody had created a span for. */
export interface NewExtension {
  readonly traceparent: string
  /** '' for none. */
  readonly tracestate: string
}

/** A span that was made for an event; without `init` when it is not recorded. */
interface CreateSpan {
  readonly context: TraceContext
  readonly init: SpanInit | undefined
}

/** What an event is turned into. */
export interface EventSpans {
  /** Spans that stand for the event itself, not for the hop that brought it. */
  readonly create: SpanInit | undefined
  readonly process: SpanInit | undefined
  /** The extension that the event lacks. */
  readonly extension: NewExtension | undefined
  /** Where the event was created. */
  readonly context: TraceContext | undefined
  /** Whether the extension is there and cannot be read. */
  readonly isInvalid: boolean
}

const knownRemoteness = 0x100
const remote = 0x300
const randomBit = 2

/** Makes the spans of events (`cloudevents.md` sections 1 and 9.1), a pure function of event, delivery and settings. */
export class EventSpanMaker {
  readonly #config: CloudEventsConfig
  readonly #owner: string
  readonly #conventions: ConventionOptions
  readonly #resource: Resource
  readonly #scope: Scope

  /** @param id id of the receiver, which the ids of its spans depend on */
  constructor(config: CloudEventsConfig, id: string, version: string) {
    this.#config = config
    this.#owner = `${config.service_name}/${id}`
    this.#conventions = { conventions: config.conventions, extraAttributes: config.extra_attributes }
    this.#resource = Resource.of({ 'service.name': config.service_name })
    this.#scope = Scope.of({ name: 'receiver-cloudevents', version })
  }

  /** Resource and scope of everything that the receiver makes. */
  get origin(): { readonly resource: Resource; readonly scope: Scope } {
    return { resource: this.#resource, scope: this.#scope }
  }

  /** @param endedAt when the event is handed on, in unix nanoseconds */
  make(event: CloudEvent, delivery: Delivery, endedAt: bigint): EventSpans {
    const {
      mode,
      create_span: createSpan,
      process_span: processSpan,
      traceparent_aliases: aliases,
    } = this.#config
    const extension = tracingExtension(event, { aliases })
    const creates =
      !extension.isPopulated &&
      (createSpan === 'always' || (createSpan === 'when_relaying' && mode === 'relay'))
    const created = creates ? this.#create(event, delivery) : undefined
    const process =
      mode === 'sink' || processSpan
        ? this.#process(event, delivery, endedAt, linkOf(extension.context, created?.context))
        : undefined
    return {
      create: created?.init,
      process,
      extension: created && {
        traceparent: formatTraceparent(created.context, this.#config.random_flag),
        tracestate: created.context.traceState,
      },
      context: extension.context ?? created?.context,
      isInvalid: extension.isPopulated && extension.context === undefined,
    }
  }

  #create(event: CloudEvent, delivery: Delivery): CreateSpan {
    const { ambient, repetition } = delivery
    const ids = idsOf(event, { role: 'create', owner: this.#owner, parent: ambient, repetition })
    const isRecorded = ambient !== undefined || isSampled(ids.traceId, this.#config.sampling_ratio)
    const random = ambient === undefined && this.#config.random_flag ? randomBit : 0
    const sampled = ambient === undefined ? (isRecorded ? 1 : 0) : ambient.flags & 1
    const context = { ...ids, flags: sampled | random, traceState: ambient?.traceState ?? '' }
    const time = this.#creationTime(event, delivery.receivedAt)
    const init: SpanInit = {
      ...ids,
      ...parentOf(ambient),
      flags: context.flags | (ambient === undefined ? knownRemoteness : remote),
      name: nameOf('create', event, delivery, this.#conventions),
      kind: 'PRODUCER',
      startTime: time,
      endTime: time,
      attributes: attributesOf('create', event, delivery, this.#conventions),
      ...this.origin,
    }
    return { context, init: isRecorded ? init : undefined }
  }

  #process(
    event: CloudEvent,
    delivery: Delivery,
    endedAt: bigint,
    link: Link | undefined,
  ): SpanInit | undefined {
    const { ambient, repetition, receivedAt } = delivery
    const ofEvent = this.#config.process_parent === 'event_context' ? link?.context : undefined
    const parent = ofEvent ?? ambient
    const ids = idsOf(event, { role: 'process', owner: this.#owner, parent, repetition })
    if (parent === undefined && !isSampled(ids.traceId, this.#config.sampling_ratio)) return undefined
    const links = link === undefined ? [] : [linkTo(link)]
    if (ofEvent !== undefined && ambient !== undefined)
      links.push(linkTo({ context: ambient, origin: 'ambient' }))
    return {
      ...ids,
      ...parentOf(parent),
      flags: (parent?.flags ?? 1) | (parent === undefined ? knownRemoteness : remote),
      name: nameOf('process', event, delivery, this.#conventions),
      kind: 'CONSUMER',
      startTime: receivedAt,
      endTime: endedAt > receivedAt ? endedAt : receivedAt,
      attributes: attributesOf('process', event, delivery, this.#conventions),
      links,
      ...this.origin,
    }
  }

  #creationTime({ attributes }: CloudEvent, receivedAt: bigint): bigint {
    const time = attributes.get('time')
    if (this.#config.span_times !== 'event_time' || typeof time !== 'string' || !isTimestamp(time))
      return receivedAt
    const millis = Date.parse(time.toUpperCase())
    // A leap second is a time, but not one that the runtime knows.
    if (Number.isNaN(millis)) return receivedAt
    const occurredAt = BigInt(millis) * nanosPerMilli
    const isLikely = occurredAt >= receivedAt - longestPast && occurredAt <= receivedAt + longestFuture
    return isLikely ? occurredAt : receivedAt
  }
}

const nanosPerMilli = 1_000_000n
const longestPast = 24n * 3_600_000n * nanosPerMilli
const longestFuture = 5n * 60_000n * nanosPerMilli

/** A context that a Process span links to. */
interface Link {
  readonly context: TraceContext
  readonly origin: 'extension' | 'created' | 'ambient'
}

function linkOf(extension: TraceContext | undefined, created: TraceContext | undefined): Link | undefined {
  if (extension !== undefined) return { context: extension, origin: 'extension' }
  return created && { context: created, origin: 'created' }
}

function linkTo({ context: { traceId, spanId, flags, traceState }, origin }: Link): SpanLinkInit {
  return {
    traceId,
    spanId,
    // A span that was made here is not remote.
    flags: flags | (origin === 'created' ? knownRemoteness : remote),
    ...(traceState === '' ? {} : { traceState }),
    attributes: { 'spanloom.link.origin': origin },
  }
}

/** The fields of a span that say what it is a child of. */
export function parentOf(parent: TraceContext | undefined): Pick<SpanInit, 'parentSpanId' | 'traceState'> {
  if (parent === undefined) return {}
  const { spanId: parentSpanId, traceState } = parent
  return { parentSpanId, ...(traceState === '' ? {} : { traceState }) }
}
