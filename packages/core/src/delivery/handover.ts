import type { TracesConsumer } from '../component/consumer.ts'
import type { Traces } from '../traces/traces.ts'
import type { Delivery } from './sender.ts'

/** Never aborts: what is handed over has nobody who waits for it. */
const patient = new AbortController().signal

/** Leaves what an exporter has not delivered to the instance that a reload has put in its place. */
export class Handover {
  #heir: TracesConsumer | undefined

  to(heir: TracesConsumer): void {
    this.#heir = heir
  }

  /** Whether there is an instance in its place and it has taken the data. Never rejects. */
  async leave(traces: Traces, { signal = patient, deadline, metadata, trace }: Delivery): Promise<boolean> {
    if (this.#heir === undefined) return false
    try {
      await this.#heir.consumeTraces(traces, {
        signal,
        ...(deadline === undefined ? {} : { deadline }),
        ...(metadata === undefined ? {} : { metadata }),
        ...(trace === undefined ? {} : { trace }),
      })
      return true
    } catch {
      // What the other does not take either is still ours to send, or to count as lost.
      return false
    }
  }
}
