import type { ReceiverFactory } from '../../component/define.ts'
import { testHost } from '../create.ts'
import { TracesSink } from '../traces-sink.ts'
import type { ReceiverContract } from './contracts.ts'
import { demand } from './demand.ts'
import { abandon, create, letPass, withRunning } from './life.ts'
import { demandNothingLeftOpen } from './open-resources.ts'
import { sendAndArrive } from './receiver-send.ts'
import { checkKeepsSecrets } from './secret-checks.ts'
import { demandTimelyShutdown } from './shutdown-deadline.ts'
import { sameKeys, spanKeys } from './span-key.ts'
import { eventually, patienceMs, settlesWithin } from './waiting.ts'

/** Any instance, after any restart, makes the same spans of the same event (WHK-02). */
export async function checkMakesEqualSpansOfEqualEvents(
  factory: ReceiverFactory,
  contract: ReceiverContract,
): Promise<void> {
  const receive = async (): Promise<readonly string[]> => {
    const sink = new TracesSink()
    await withRunning(factory, contract, { next: sink }, (living) => sendAndArrive(living, contract, sink, 0))
    return spanKeys(sink.batches)
  }

  const [first, second] = [await receive(), await receive()]
  demand(first.length > 0, 'No span reaches the next stage.')
  demand(sameKeys(first, second), 'Two instances make different spans of one and the same event.')
}

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
