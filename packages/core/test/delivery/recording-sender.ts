import type { ExporterSender, SendContext, SendOutcome } from '../../src/delivery/sender.ts'
import { Traces } from '../../src/traces/index.ts'
import { idsOf } from './some-traces.ts'

/** What a test makes of one attempt; by default it is delivered. */
export type Script = (
  traces: Traces,
  context: SendContext,
) => Promise<SendOutcome | void> | SendOutcome | void

/** A sender that records its attempts and what was delivered, and fails when told to. */
export class RecordingSender implements ExporterSender {
  readonly metricAttributes: Readonly<Record<string, string | number>> = { 'server.address': 'backend' }
  readonly attempts: { readonly traces: Traces; readonly context: SendContext }[] = []
  readonly delivered: Traces[] = []
  encoded = 0
  script: Script = () => undefined
  stopped = false

  encode(traces: Traces): Uint8Array {
    this.encoded++
    return traces.toProtobuf()
  }

  async send(body: Uint8Array, context: SendContext): Promise<SendOutcome | void> {
    const traces = Traces.fromProtobuf(body)
    this.attempts.push({ traces, context })
    const outcome = await this.script(traces, context)
    this.delivered.push(traces)
    return outcome
  }

  shutdown(): Promise<void> {
    this.stopped = true
    return Promise.resolve()
  }

  get deliveredIds(): string[] {
    return idsOf(this.delivered)
  }
}
