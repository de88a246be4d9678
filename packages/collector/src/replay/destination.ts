import type { Traces } from '@spanloom/core'

import type { RecordedRequest } from './recorded-request.ts'

/** What became of something that was sent. */
export type Outcome =
  | {
      readonly taken: true
      /** Spans that the destination refused although it took the rest. */
      readonly rejected?: number
    }
  | {
      readonly taken: false
      readonly reason: string
      /** Whether the destination would not take anything else at the moment either. */
      readonly unreachable: boolean
    }

/** Takes what is played back. */
export interface Destination<Item extends Traces | RecordedRequest> extends AsyncDisposable {
  /** Sends one thing, again and again if that may help. Never rejects; gives up when the signal aborts. */
  send(item: Item, signal: AbortSignal): Promise<Outcome>
}
