import type { Component } from '../../component/component.ts'
import type { ReceiverFactory } from '../../component/define.ts'
import { TracesSink } from '../traces-sink.ts'
import type { ReceiverContract } from './contracts.ts'
import { demand } from './demand.ts'
import { type FlakyStage, flakyStage } from './flaky-stage.ts'
import { letPass, type Living, withRunning } from './life.ts'
import { sendAndArrive } from './receiver-send.ts'
import { spanKey, spanKeys } from './span-key.ts'
import { calm, eventually } from './waiting.ts'

const events = 12

/** More than any receiver should have in hand at once. */
const manyEvents = 50

const senders = 4
const seeds = [1, 2, 3]

/** Attempts after which a sender gives up; so many refusals in a row do not happen by chance. */
const mostAttempts = 100

/** Spans of each event, by its number. */
type EventSpans = readonly ReadonlySet<string>[]

/**
 * Four senders against a next stage that fails at random: what they are told must be true, and what was
 * acknowledged must be there. A receiver that fetches must hand on everything in the end.
 */
export async function checkReceiverLosesNothing(
  factory: ReceiverFactory,
  contract: ReceiverContract,
): Promise<void> {
  const expected = await spansOfEvents(factory, contract)
  for (const seed of seeds) {
    const fetches = contract.fetches === true
    const stage = flakyStage({ seed, ...(fetches ? {} : { never: 0.1 }) })
    await withRunning(factory, contract, { next: stage }, async (living) => {
      if (fetches) await fetchAll(living, contract, stage, expected)
      else await sendAll(living.component, contract, stage, expected)
    })
  }
}

/** Sends every event to a receiver that nobody disturbs and notes which spans it becomes. */
async function spansOfEvents(factory: ReceiverFactory, contract: ReceiverContract): Promise<EventSpans> {
  const sink = new TracesSink()
  const known = new Set<string>()
  return withRunning(factory, contract, { next: sink }, async (living) => {
    const spans: Set<string>[] = []
    for (let event = 0; event < events; event++) {
      const before = sink.batches.length
      await sendAndArrive(living, contract, sink, event)
      const keys = new Set(spanKeys(sink.batches.slice(before)))
      demand(keys.size > 0, `Event ${event} of the contract leads to no span.`)
      demand(
        keys.isDisjointFrom(known),
        `Event ${event} of the contract leads to a span of an earlier event.`,
      )
      for (const key of keys) known.add(key)
      spans.push(keys)
    }
    return spans
  })
}

async function sendAll(
  component: Component,
  contract: ReceiverContract,
  stage: FlakyStage,
  expected: EventSpans,
): Promise<void> {
  const queue = expected.entries()
  await Promise.all(
    Array.from({ length: senders }, async () => {
      for (const [event, spans] of queue) await sendUntilSettled(component, contract, stage, event, spans)
    }),
  )
}

async function sendUntilSettled(
  component: Component,
  contract: ReceiverContract,
  stage: FlakyStage,
  event: number,
  spans: ReadonlySet<string>,
): Promise<void> {
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const earlier = stage.refused.length
    const answer = await contract.send(component, event)
    const refusals = stage.refused
      .slice(earlier)
      .filter((refusal) => refusal.spans.some((span) => spans.has(spanKey(span))))
    if (answer === 'accepted') {
      const taken = new Set(stage.taken.map(spanKey))
      demand(
        spans.isSubsetOf(taken),
        'The sender was told accepted, but the next stage did not take everything.',
      )
      return
    }
    demand(refusals.length > 0, `The sender was told ${answer}, but the next stage did not refuse its data.`)
    if (answer === 'rejected') {
      demand(
        refusals.some(({ permanent }) => permanent),
        'The sender was told rejected, but the next stage would take the data later.',
      )
      return
    }
    demand(
      refusals.some(({ permanent }) => !permanent),
      'The sender was told retry, but the next stage will never take the data.',
    )
  }
  demand(false, `A sender was told retry ${mostAttempts} times.`)
}

/** A receiver that fetches hands on a bounded part of what there is while the next stage has it in hand (CMP-04). */
export async function checkFetchesNoFaster(
  factory: ReceiverFactory,
  contract: ReceiverContract,
): Promise<void> {
  const sink = new TracesSink()
  await withRunning(factory, contract, { next: sink }, async (living) => {
    sink.block()
    try {
      for (let event = 0; event < manyEvents; event++) await contract.send(living.component, event)
      await eventually(() => sink.calls > 0, 'No event reaches the next stage.', {
        between: () => letPass(living.clock),
      })
      await calm(
        () => sink.calls,
        () => letPass(living.clock),
      )
      demand(
        sink.calls < manyEvents,
        `The next stage has taken nothing yet, but the receiver calls it for all ${manyEvents} events.`,
      )
    } finally {
      sink.release()
    }
  })
}

async function fetchAll(
  { component, clock }: Living<Component>,
  contract: ReceiverContract,
  stage: FlakyStage,
  expected: EventSpans,
): Promise<void> {
  for (let event = 0; event < events; event++) await contract.send(component, event)
  const wanted = new Set(expected.flatMap((spans) => [...spans]))
  await eventually(
    () => wanted.isSubsetOf(new Set(stage.taken.map(spanKey))),
    'What the next stage refused for now was not handed on again.',
    { between: () => letPass(clock) },
  )
}
