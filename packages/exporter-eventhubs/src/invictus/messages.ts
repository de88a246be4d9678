import type { Traces } from '@spanloom/core'

import type { FlowEvent } from './flow-event.ts'
import type { FlowSettings } from './flow-settings.ts'
import { selectSpans } from './selection.ts'
import { chainIdOf, eventsOfSpan } from './span-events.ts'
import { ticksOf } from './written-time.ts'

/** One message: a JSON array of events of one chain. */
export interface FlowMessage {
  readonly chainId: string
  /** For the partition, where the chain id is too long for a key. */
  readonly traceId: string
  readonly body: Buffer
  /** Spans whose last event is in it, so that the sum over all messages is the number of spans. */
  readonly spans: number
}

/** What a batch became. */
export interface FlowMessages {
  readonly messages: readonly FlowMessage[]
  /** Spans that are not told: not selected, or without any event. */
  readonly untold: number
}

interface Written {
  /** Number of the span in the batch. */
  readonly step: number
  readonly ticks: bigint
  readonly rank: number
  readonly json: string
  /** Whether the span has no event after it. */
  readonly isLast: boolean
}

interface Chain {
  readonly chainId: string
  readonly traceId: string
  readonly events: Written[]
}

const ranks: Readonly<Record<FlowEvent['Step']['Status'], number>> = {
  Started: 0,
  Active: 1,
  Cancelled: 2,
  Completed: 2,
  Failed: 2,
}

/**
 * The messages that tell a batch: one for each chain, or several where one would be larger than `maxBytes`
 * (`invictus.md` section 9.4). A single event that is larger stays whole.
 */
export function toFlowMessages(traces: Traces, settings: FlowSettings, maxBytes: number): FlowMessages {
  const chains = new Map<string, Chain>()
  const selected = selectSpans(traces, settings.select)
  let told = 0
  for (const [step, { span, parentId }] of selected.entries()) {
    const events = written(eventsOfSpan(span, parentId, settings), step)
    if (events.length === 0) continue
    told++
    const chainId = chainIdOf(span, span.attributes)
    let chain = chains.get(chainId)
    if (chain === undefined) {
      chain = { chainId, traceId: span.traceId, events: [] }
      chains.set(chainId, chain)
    }
    for (const event of events) chain.events.push(event)
  }
  const messages = [...chains.values()].flatMap((chain) => messagesOf(chain, maxBytes))
  return { messages, untold: traces.spanCount - told }
}

function written(events: ReturnType<typeof eventsOfSpan>, step: number): readonly Written[] {
  return events.map(({ unixNano, event }, index) => ({
    step,
    ticks: ticksOf(unixNano),
    rank: ranks[event.Step.Status],
    json: JSON.stringify(event),
    isLast: index === events.length - 1,
  }))
}

function messagesOf({ events, chainId, traceId }: Chain, maxBytes: number): readonly FlowMessage[] {
  const message = (part: readonly Written[], body: Buffer): FlowMessage => ({
    chainId,
    traceId,
    body,
    spans: part.filter(({ isLast }) => isLast).length,
  })
  const whole = bodyOf(events)
  if (whole.length <= maxBytes) return [message(events, whole)]
  return parts(events, maxBytes).map((part) => message(part, bodyOf(part)))
}

/** Fills messages with whole steps; a step that is too large alone is cut between its events, its start first. */
function parts(events: readonly Written[], maxBytes: number): readonly (readonly Written[])[] {
  const all: Written[][] = []
  let part: Written[] = []
  let bytes = brackets
  const close = (): void => {
    if (part.length > 0) all.push(part)
    part = []
    bytes = brackets
  }
  const add = (group: readonly Written[], size: number): void => {
    if (bytes + size > maxBytes) close()
    part.push(...group)
    bytes += size
  }
  for (const step of steps(events)) {
    const size = sizeOf(step)
    if (size + brackets <= maxBytes) add(step, size)
    else for (const event of step.toSorted(inTime)) add([event], sizeOf([event]))
  }
  close()
  return all
}

const brackets = 2

function sizeOf(events: readonly Written[]): number {
  return events.reduce((sum, { json }) => sum + Buffer.byteLength(json) + 1, 0)
}

function steps(events: readonly Written[]): readonly (readonly Written[])[] {
  return [...Map.groupBy(events, ({ step }) => step).values()]
}

function bodyOf(events: readonly Written[]): Buffer {
  return Buffer.from(
    `[${events
      .toSorted(inTime)
      .map(({ json }) => json)
      .join(',')}]`,
  )
}

/** Order of a message; what is equal in time and rank stays in its place. */
function inTime(a: Written, b: Written): number {
  return a.ticks === b.ticks ? a.rank - b.rank : a.ticks < b.ticks ? -1 : 1
}
