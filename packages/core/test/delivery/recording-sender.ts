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
  format?: string
  /** Makes bodies at least so large. */
  padTo = 0
  script: Script = () => undefined
  stopped = false

  encode(traces: Traces): Uint8Array {
    this.encoded++
    const body = traces.toProtobuf()
    return this.padTo > body.length ? Buffer.concat([body, padding(this.padTo - body.length)]) : body
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

/** A field that nobody knows, of `length` bytes in all. */
function padding(length: number): Uint8Array {
  const field = Buffer.alloc(length)
  let size = length - 6
  // Tag of field 1000, wire type 2, then the length in four bytes whatever it is.
  field.set([0xc2, 0x3e], 0)
  for (let at = 2; at < 6; at++) {
    field[at] = (size & 0x7f) | (at < 5 ? 0x80 : 0)
    size >>= 7
  }
  return field
}
