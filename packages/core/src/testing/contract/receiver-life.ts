import { setTimeout as elapse } from 'node:timers/promises'

import type { ReceiverFactory } from '../../component/define.ts'
import type { Span } from '../../traces/span.ts'
import type { Traces } from '../../traces/traces.ts'
import { testHost } from '../create.ts'
import { TracesSink } from '../traces-sink.ts'
import type { ReceiverContract } from './contracts.ts'
import { demand } from './demand.ts'
import { demandNothingEscapes, refusals, watchedMs } from './escape-checks.ts'
import { abandon, create, letPass, withRunning } from './life.ts'
import { demandNothingLeftOpen } from './open-resources.ts'
import { sendAndArrive } from './receiver-send.ts'
import { checkKeepsSecrets } from './secret-checks.ts'
import { demandTimelyShutdown } from './shutdown-deadline.ts'
import { sameKeys, spanKeys, spansOf } from './span-key.ts'
import { eventually, patienceMs, settlesWithin } from './waiting.ts'

/** When the first instance is created, and a later one, in milliseconds since 1970. */
const [today, later] = [Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 1, 0, 0, 1, 500)]

/** Any instance, after any restart, makes the same spans of the same event (WHK-02); ids depend on no clock. */
export async function checkMakesEqualSpansOfEqualEvents(
  factory: ReceiverFactory,
  contract: ReceiverContract,
): Promise<void> {
  const receive = async (startMs: number): Promise<readonly Traces[]> => {
    const sink = new TracesSink()
    const options = { next: sink, startMs }
    await withRunning(factory, contract, options, (living) => sendAndArrive(living, contract, sink, 0))
    return sink.batches
  }

  const first = await receive(today)
  // The machine's clock, which nobody should read, moves on too.
  await elapse(2)
  const second = await receive(today)
  const third = await receive(later)
  demand(spansOf(first).length > 0, 'No span reaches the next stage.')
  demand(
    sameKeys(spanKeys(first), spanKeys(second)),
    'Two instances make different spans of one and the same event.',
  )
  demand(
    sameKeys(spansOf(first).map(idsOf), spansOf(third).map(idsOf)),
    'The ids of the spans depend on the time at which the event arrives.',
  )
}

const idsOf = ({ traceId, spanId, parentSpanId }: Span): string => `${traceId} ${spanId} ${parentSpanId}`

/** A shutdown finishes what is under way and gives up when its signal aborts (SIG-02). */
export async function checkShutsDownWithOpenRequest(
  factory: ReceiverFactory,
  contract: ReceiverContract,
): Promise<void> {
  const sink = new TracesSink()
  const { component, clock } = create(factory, contract, { next: sink })
  await component.start(testHost(contract.extensions))
  sink.block()
  let answer: string | undefined
  const sent = contract.send(component, 0).then((told) => (answer = told))
  // The connection may be gone before anybody looks at the outcome.
  sent.catch(() => undefined)
  try {
    await eventually(() => sink.calls > 0, 'The event does not reach the next stage.', {
      between: () => letPass(clock),
    })
    await demandTimelyShutdown(component)
    demand(
      contract.fetches === true || answer !== 'accepted',
      'The shutdown told the sender accepted, but the next stage had not taken the data.',
    )
    sink.release()
    demand(await settlesWithin(sent, patienceMs), 'The sender gets no answer after the shutdown.')
  } finally {
    sink.release()
    await abandon(component)
  }
}

/** After its shutdown a receiver has no socket, file or timer any more. */
export function checkReceiverLeavesNothingOpen(
  factory: ReceiverFactory,
  contract: ReceiverContract,
): Promise<void> {
  return demandNothingLeftOpen(async () => {
    const { clock } = await withRunning(factory, contract, {}, async (living) => {
      await contract.send(living.component, 0)
      return living
    })
    demand(clock.pending === 0, 'The receiver left a timer behind after its shutdown.')
  })
}

/** No secret of a receiver's settings is told, in success or in failure. */
export function checkReceiverKeepsSecrets(
  factory: ReceiverFactory,
  contract: ReceiverContract,
): Promise<void> {
  return checkKeepsSecrets(factory, contract, ({ component }) => contract.send(component, 0))
}

/** Whatever the next stage answers, no error of a receiver reaches nobody. */
export function checkReceiverCatchesItsErrors(
  factory: ReceiverFactory,
  contract: ReceiverContract,
): Promise<void> {
  return demandNothingEscapes(async () => {
    const sink = new TracesSink()
    await withRunning(factory, contract, { next: sink }, async ({ component, clock }) => {
      for (const [event, refusal] of refusals.entries()) {
        sink.refuseWith(refusal)
        await settlesWithin(contract.send(component, event), patienceMs)
        await letPass(clock)
      }
      sink.refuseWith(undefined)
      await clock.advance(watchedMs)
    })
  })
}
