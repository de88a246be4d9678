import { PermanentError, RetryableError } from '@spanloom/core'
import type { Treatment } from '@spanloom/core/testing'
import type { HubProducer, OutgoingEvent } from '@spanloom/eventhubs'

/** A hub that keeps what it is sent, and does with it what a test decides. */
export class MemoryHub {
  readonly events: OutgoingEvent[] = []
  readonly sizes: number[] = []
  maxEventSize = 1_000_000
  decide: () => Treatment = () => 'take'

  producer(): HubProducer {
    return {
      open: () => Promise.resolve(),
      maxEventSize: () => Promise.resolve(this.maxEventSize),
      close: () => Promise.resolve(),
      send: async (events, { signal }) => {
        switch (this.decide()) {
          case 'busy':
            throw new RetryableError('HUB_BUSY', 'The hub is busy.')
          case 'refuse':
            throw new PermanentError('HUB_REFUSES', 'The hub refuses.')
          case 'hang':
            await new Promise((_resolve, reject) =>
              signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true }),
            )
            break
          case 'take':
        }
        if (events.some(({ body }) => body.length > this.maxEventSize)) {
          throw new PermanentError('TOO_LARGE', 'A message is too large.')
        }
        this.sizes.push(events.length)
        this.events.push(...events)
      },
    }
  }
}
