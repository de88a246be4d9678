import { PermanentError, type Resource, Scope, type Traces, TracesBuilder } from '@spanloom/core'

import { type FlowEvent, readEvent, type RejectReason } from './event-model.ts'
import { toFragment } from './fragment.ts'
import { isZeroGuid, spanIdOf, traceIdOf } from './ids.ts'
import { type JsonValue, parseJsonBody } from './json-body.ts'
import { TooDeepError } from './json-text.ts'
import type { MessageContext } from './message-context.ts'
import { preservedSpan } from './preserved-span.ts'
import { resourceCache } from './resource-cache.ts'
import { parseTime } from './time.ts'

/** The settings that decide what an event becomes. */
export interface TranslationOptions {
  /** Offset from UTC, in minutes east, of times without a zone. */
  readonly assumedZoneMinutes: number
  /** `service.name` of events whose mapping names no service. */
  readonly defaultServiceName: string
  readonly setOk: boolean
  readonly maxEventsPerMessage: number
  /** Version of the scope `receiver-invictus`. */
  readonly scopeVersion: string
}

/** What became of one message. */
export interface Translation {
  /** One fragment for each event that makes one. */
  readonly traces: Traces
  /** Events that were understood. */
  readonly accepted: number
  /** Elements that are no events, by reason. */
  readonly rejected: ReadonlyMap<RejectReason, number>
  readonly rejectedCount: number
  /** Those elements, by reason, each with its number in the message. */
  readonly rejectedElements: ReadonlyMap<RejectReason, readonly RejectedElement[]>
  /** Accepted events whose span comes whole in another event. */
  readonly merged: number
  readonly unknownStatuses: number
  readonly invalidTimes: number
  readonly zeroChainIds: number
}

/** An element of a message that is no event. */
export interface RejectedElement {
  /** Place in the message, from 0. */
  readonly index: number
  readonly element: JsonValue
}

/** Why a whole message cannot be used. The words are attribute values of a metric. */
export type MessageReason = 'not_json' | 'too_many_events' | 'too_large' | 'not_gzip' | 'refused'

/** A message that yields no event at all. */
export class MessageError extends PermanentError {
  readonly reason: MessageReason

  constructor(reason: MessageReason, message: string) {
    super('MESSAGE_REJECTED', message, { grpcStatus: reason === 'not_json' ? 3 : 8 })
    this.reason = reason
  }
}

/** Translates the body of one message. Throws `MessageError` when it is no JSON or holds too many events. */
export type Translate = (body: Uint8Array | string, message: MessageContext) => Translation

/** Prepares the translation of messages, one event one fragment; it keeps nothing between them but resources. */
export function createTranslate(options: TranslationOptions): Translate {
  const scope = Scope.of({ name: 'receiver-invictus', version: options.scopeVersion })
  const resourceOf = resourceCache(1_000)
  return (body, message) => {
    const elements = elementsOf(body, options.maxEventsPerMessage)
    const run = new MessageTranslation(options, scope, resourceOf, message)
    for (const [index, element] of elements.entries()) run.add(element, index)
    return run.finish()
  }
}

function elementsOf(body: Uint8Array | string, max: number): readonly JsonValue[] {
  const document = parse(body)
  const elements: readonly JsonValue[] = Array.isArray(document) ? document : [document]
  if (elements.length > max) {
    throw new MessageError('too_many_events', `The message holds more than ${max} events.`)
  }
  return elements
}

function parse(body: Uint8Array | string): JsonValue {
  try {
    return parseJsonBody(body)
  } catch {
    // The parser's own message quotes the body, which is none of the log's or the sender's business.
    throw new MessageError('not_json', 'The message is not JSON.')
  }
}

class MessageTranslation {
  readonly #options: TranslationOptions
  readonly #scope: Scope
  readonly #resourceOf: (serviceName: string) => Resource
  readonly #message: MessageContext
  readonly #builder = new TracesBuilder()
  readonly #rejected = new Map<RejectReason, RejectedElement[]>()
  #accepted = 0
  #rejectedCount = 0
  #merged = 0
  #unknownStatuses = 0
  #invalidTimes = 0
  #zeroChainIds = 0
  // Most messages are about one chain.
  #chainId: string | undefined
  #traceId = ''
  #zeroChain = false
  // A step is named by each of its events and by those of its children.
  readonly #spanIds = new Map<string, string>()

  constructor(
    options: TranslationOptions,
    scope: Scope,
    resourceOf: (serviceName: string) => Resource,
    message: MessageContext,
  ) {
    this.#options = options
    this.#scope = scope
    this.#resourceOf = resourceOf
    this.#message = message
  }

  add(element: JsonValue, index: number): void {
    const event = readEvent(element)
    const reason = typeof event === 'string' ? event : this.#take(event, element)
    if (reason === undefined) {
      this.#accepted += 1
    } else {
      this.#rejectedCount += 1
      const others = this.#rejected.get(reason)
      if (others === undefined) this.#rejected.set(reason, [{ index, element }])
      else others.push({ index, element })
    }
  }

  finish(): Translation {
    return {
      traces: this.#builder.build(),
      accepted: this.#accepted,
      rejected: new Map([...this.#rejected].map(([reason, { length }]) => [reason, length])),
      rejectedCount: this.#rejectedCount,
      rejectedElements: this.#rejected,
      merged: this.#merged,
      unknownStatuses: this.#unknownStatuses,
      invalidTimes: this.#invalidTimes,
      zeroChainIds: this.#zeroChainIds,
    }
  }

  #take(event: FlowEvent, element: JsonValue): RejectReason | undefined {
    const preserved = preservedSpan(event)
    if (preserved === 'none') this.#merged += 1
    else if (preserved !== undefined) this.#builder.add(preserved)
    else return this.#translate(event, element)
    return undefined
  }

  #translate(event: FlowEvent, element: JsonValue): RejectReason | undefined {
    const { assumedZoneMinutes, defaultServiceName, setOk } = this.#options
    const time = event.time === undefined ? undefined : parseTime(event.time, assumedZoneMinutes)
    try {
      const fragment = toFragment(event, element, {
        traceId: this.#traceIdOf(event.chainId),
        spanIdOf: this.#spanIdOf,
        time: time ?? this.#message.enqueuedTime,
        timeSubstituted: time === undefined,
        link: this.#message.link,
        resource: this.#resourceOf(event.service ?? defaultServiceName),
        scope: this.#scope,
        setOk,
      })
      this.#builder.add(fragment)
    } catch (error) {
      if (error instanceof TooDeepError) return 'too_deep'
      throw error
    }
    if (time === undefined) this.#invalidTimes += 1
    if (event.unknownStatus !== undefined) this.#unknownStatuses += 1
    if (this.#zeroChain) this.#zeroChainIds += 1
    return undefined
  }

  #traceIdOf(chainId: string): string {
    if (chainId !== this.#chainId) {
      this.#chainId = chainId
      this.#traceId = traceIdOf(chainId)
      this.#zeroChain = isZeroGuid(chainId)
      this.#spanIds.clear()
    }
    return this.#traceId
  }

  readonly #spanIdOf = (stepId: string): string => {
    let spanId = this.#spanIds.get(stepId)
    if (spanId === undefined) {
      spanId = spanIdOf(this.#traceId, stepId)
      this.#spanIds.set(stepId, spanId)
    }
    return spanId
  }
}
