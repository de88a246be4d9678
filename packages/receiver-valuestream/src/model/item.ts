import type { Attributes, AttributeValue, Resource, SpanInit } from '@spanloom/core'

import { attribute, control } from '../attributes.ts'
import type { profiles } from '../profiles.ts'
import { furtherRunSpanId, idsOf, type SpanIds, spanIdOfReference } from './ids.ts'
import type { Milestone, Source } from './translation.ts'
import type { Workshop } from './workshop.ts'

/** What an operation is, as far as one delivery tells it (`valuestream.md` section 5.1). */
export interface ItemInit {
  readonly source: Source
  /** `issue`, `pull_request`, `build`, `deploy`, `pipeline`, `sprint`, or any word of a custom event. */
  readonly operation: string
  /** `vstrace-<source>-<type>-<namespace>-<identifier>`. */
  readonly spanId: string
  /** What the assembler knows the operation by; the span id unless it may differ between its events. */
  readonly key?: string
  /** Reference of the operation that caused this one. */
  readonly parent?: string | undefined
  /** The span that caused this one, by its own ids. */
  readonly context?: SpanIds | undefined
  /** Whether the parent is linked rather than joined: the operation is the root of its own trace. */
  readonly ownTrace?: boolean
  /** More names under which others may refer to the operation. */
  readonly aliases?: readonly string[]
  readonly profile?: keyof typeof profiles
  readonly kind?: 'INTERNAL' | 'SERVER'
  readonly name: string
  readonly resource: Resource
  readonly attributes: Attributes
  /** Related operations that are no parents. */
  readonly links?: readonly { readonly reference: string; readonly reason: string }[]
  /** Names of attributes that other events know better. */
  readonly assumed?: readonly string[]
}

/** What became of an operation. */
export interface Outcome {
  readonly isError: boolean
  /** What the source called the result. */
  readonly message?: string | undefined
  /** Value of `error.type`, if it is an error. */
  readonly errorType?: string | undefined
}

export type SpanEvents = NonNullable<SpanInit['events']>
type Links = NonNullable<SpanInit['links']>

/** An operation about which one delivery says something; writes the fragments that say it. */
export class Item {
  readonly init: ItemInit
  readonly key: string
  readonly ids: SpanIds
  readonly workshop: Workshop
  readonly milestones: Milestone[] = []
  readonly fragments: SpanInit[] = []
  readonly #parentSpanId: string | undefined
  readonly #links: Links
  /** Id of the span that phases of this delivery are part of. */
  #currentSpanId: string

  constructor(workshop: Workshop, init: ItemInit) {
    this.workshop = workshop
    this.init = init
    this.key = init.key ?? init.spanId
    const { parent, context, ownTrace = false } = init
    const cause = ownTrace ? undefined : (context ?? (parent === undefined ? undefined : idsOf(parent)))
    this.ids =
      cause === undefined
        ? idsOf(init.spanId)
        : { traceId: cause.traceId, spanId: spanIdOfReference(init.spanId) }
    this.#parentSpanId = cause?.spanId
    this.#currentSpanId = this.ids.spanId
    this.#links = linksOf(init)
  }

  /** Id of the run that this delivery is about: that of the reopened one, if it reopens the item. */
  get currentSpanId(): string {
    return this.#currentSpanId
  }

  /** The operation began. `rank` puts a start that a later event tells behind the events of its time. */
  start(time: bigint, rank?: number): this {
    return this.#add({ startTime: time }, rank === undefined ? {} : { [control.rank]: rank }).#count('start')
  }

  /** The operation began again after its end: a run of its own. */
  reopen(time: bigint): this {
    this.#currentSpanId = furtherRunSpanId(this.ids, time)
    const attributes = { [attribute.reopened]: true, [control.rank]: 30 }
    return this.#add({ startTime: time }, attributes).#count('start')
  }

  /** Something happened. */
  update(event: SpanEvents[number]): this {
    return this.#add({ events: [event] }, {})
  }

  /** The operation ended, and the event tells when it began. */
  complete(start: bigint, end: bigint, outcome: Outcome, more: Attributes = {}): this {
    return this.#end({ startTime: start, endTime: end }, outcome, more)
  }

  /** The same, if the begin is only what the payload says and another event may know better. */
  completeFrom(assumedStart: bigint, end: bigint, outcome: Outcome): this {
    const assumed = ['start', ...(this.init.assumed ?? [])]
    return this.complete(assumedStart, end, outcome, { [control.assumed]: assumed })
  }

  /** The operation ended. */
  end(time: bigint, outcome: Outcome): this {
    return this.#end({ endTime: time }, outcome, {})
  }

  /** The operation is gone: this ends what is open and makes nothing. */
  close(time: bigint, reason: string): this {
    // Behind an end of the same time: an item that is deleted long after it was closed tells that time once more.
    const more = { [attribute.endReason]: reason, [control.close]: true, [control.rank]: 25 }
    return this.#end({ endTime: time }, { isError: false }, more)
  }

  /** A span of a part of this operation. */
  addPart(
    part: Pick<SpanInit, 'spanId' | 'name'> & Partial<SpanInit>,
    key: string,
    profile?: keyof typeof profiles,
  ): this {
    const { source, operation, resource } = this.init
    this.fragments.push({
      traceId: this.ids.traceId,
      parentSpanId: this.#currentSpanId,
      kind: 'INTERNAL',
      resource,
      scope: this.workshop.scope,
      ...part,
      attributes: {
        [attribute.sourceName]: source,
        [attribute.operationName]: operation,
        ...part.attributes,
        [control.key]: `${this.key}${key}`,
        [control.group]: `${this.key}/`,
        [control.parentKey]: this.key,
        [control.profile]: profile ?? this.init.profile ?? 'valuestream',
      },
    })
    return this
  }

  #end(times: Pick<SpanInit, 'startTime' | 'endTime'>, outcome: Outcome, more: Attributes): this {
    const { isError, message = '', errorType } = outcome
    const attributes: Record<string, AttributeValue> = { ...more }
    if (isError && errorType !== undefined) attributes[attribute.errorType] = errorType
    if (this.workshop.options.legacyTags) attributes[attribute.error] = isError
    const status = isError ? ({ code: 'ERROR', message } as const) : ({ code: 'UNSET' } as const)
    this.#add({ ...times, status }, attributes)
    if (more[control.close] === true) return this
    const { startTime, endTime } = times
    const known = typeof startTime === 'bigint' && typeof endTime === 'bigint'
    return this.#count('end', isError, known ? Math.max(0, Number(endTime - startTime) / 1e9) : undefined)
  }

  #add(part: Partial<SpanInit>, more: Attributes): this {
    const { name, kind = 'INTERNAL', resource } = this.init
    this.fragments.push({
      traceId: this.ids.traceId,
      spanId: this.#currentSpanId,
      name,
      kind,
      resource,
      scope: this.workshop.scope,
      links: this.#links,
      ...(this.#parentSpanId === undefined ? {} : { parentSpanId: this.#parentSpanId }),
      ...part,
      attributes: this.#attributes(more),
    })
    return this
  }

  /** What every fragment of the item says of it wins over what a sender names alike. */
  #attributes(more: Attributes): Attributes {
    const {
      source,
      operation,
      spanId,
      parent,
      context,
      ownTrace = false,
      aliases = [],
      profile,
      assumed,
    } = this.init
    const attributes: Record<string, AttributeValue> = {
      ...this.init.attributes,
      [attribute.sourceName]: source,
      [attribute.operationName]: operation,
      [attribute.spanId]: spanId,
      [control.key]: this.key,
      [control.group]: `${this.key}/`,
      [control.profile]: profile ?? 'valuestream',
    }
    if (parent !== undefined) attributes[attribute.parentSpanId] = parent
    if (parent !== undefined && context === undefined && !ownTrace) attributes[control.parentKey] = parent
    if (assumed !== undefined && assumed.length > 0) attributes[control.assumed] = assumed
    const others = aliases.filter((alias, index) => alias !== this.key && aliases.indexOf(alias) === index)
    if (others.length > 0) attributes[control.alias] = others
    return Object.assign(attributes, more)
  }

  #count(state: Milestone['state'], isError = false, duration?: number): this {
    const { source, operation } = this.init
    this.milestones.push({
      source,
      operation,
      state,
      isError,
      ...(duration === undefined ? {} : { duration }),
    })
    return this
  }
}

function linksOf({ parent, ownTrace = false, links = [] }: ItemInit): Links {
  const related =
    ownTrace && parent !== undefined ? [{ reference: parent, reason: 'reference' }, ...links] : links
  return related.map(({ reference, reason }) => ({
    ...idsOf(reference),
    attributes: { [control.linkKey]: reference, [control.linkReason]: reason },
  }))
}
