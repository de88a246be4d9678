import {
  type Component,
  defineReceiver,
  type Fetching,
  fetchingReceiver,
  type ReceiverFactory,
  type ReceiverOptions,
  span,
  Traces,
} from '@spanloom/core'
import type { ReceiverContract } from '@spanloom/core/testing'

/** Events that wait to be fetched, by receiver. */
const inboxes = new WeakMap<Component, number[]>()

/** How a receiver takes an event out of its inbox. */
export type Take = (event: number, fetching: Fetching) => Promise<void>

/** Hands over one event, and waits until it is taken. */
export const takeOne: Take = (event, { handOver }) => handOver(spansOf(event))

/** One span for each event. */
export function spansOf(event: number): Traces {
  const digits = String(event)
  return Traces.of([
    span({ traceId: digits.padStart(32, 'a'), spanId: digits.padStart(16, 'b'), name: 'mail' }),
  ])
}

/** A small receiver that looks into its inbox ten times a second; sound with `takeOne`. */
export function inboxFactory(take: Take): ReceiverFactory {
  return defineReceiver({
    type: 'inbox',
    stability: 'development',
    schema: { type: 'object', properties: {} },
    create: (options: ReceiverOptions<unknown>) => {
      const inbox: number[] = []
      const receiver = fetchingReceiver(options, async (fetching) => {
        for (;;) {
          const event = inbox.shift()
          if (event === undefined) await fetching.pause(100)
          else await take(event, fetching)
        }
      })
      inboxes.set(receiver, inbox)
      return receiver
    },
  })
}

/** Puts events into the inbox. */
export const inboxContract: ReceiverContract = {
  config: {},
  fetches: true,
  send(receiver, event) {
    inboxes.get(receiver)?.push(event)
    return Promise.resolve('accepted')
  },
}
