import type { ReceiverFactory } from '../../component/define.ts'
import { PermanentError, RetryableError, ShutdownError, ThrottleError } from '../../errors/errors.ts'
import { TracesSink } from '../traces-sink.ts'
import type { ReceiverContract } from './contracts.ts'
import { demand } from './demand.ts'
import { withRunning } from './life.ts'
import { sendAndArrive } from './receiver-send.ts'
import { eventually, quietMs, settlesWithin } from './waiting.ts'

/** Data that the next stage takes is acknowledged, and is there when the acknowledgement is. */
export async function checkAcknowledgesTakenData(
  factory: ReceiverFactory,
  contract: ReceiverContract,
): Promise<void> {
  const sink = new TracesSink()
  await withRunning(factory, contract, { next: sink }, async (living) => {
    const answer = await sendAndArrive(living, contract, sink, 0)
    demand(
      contract.fetches === true || answer === 'accepted',
      `The next stage took everything, but the sender was told ${answer}.`,
    )
    demand(sink.spanCount > 0, 'The sender was told accepted before any span reached the next stage.')
  })
}

/** No acknowledgement while the next stage still has the data in hand (CMP-04). */
export async function checkWaitsForNextStage(
  factory: ReceiverFactory,
  contract: ReceiverContract,
): Promise<void> {
  const sink = new TracesSink()
  await withRunning(factory, contract, { next: sink }, async ({ component }) => {
    sink.block()
    try {
      const sent = contract.send(component, 0)
      const answered = settlesWithin(sent, quietMs)
      await eventually(() => sink.calls > 0, 'The event does not reach the next stage.')
      demand(
        !(await answered) && !(await settlesWithin(sent, quietMs)),
        'The sender was answered before the next stage took the data.',
      )
      sink.release()
      const answer = await sent
      demand(
        answer === 'accepted',
        `The next stage took the data at last, but the sender was told ${answer}.`,
      )
    } finally {
      sink.release()
    }
  })
}

/** Whatever does not say that it is permanent can be sent again (CMP-05). */
export async function checkAsksForResend(
  factory: ReceiverFactory,
  contract: ReceiverContract,
): Promise<void> {
  const refusals = [
    new RetryableError('QUEUE_FULL', 'The queue is full.'),
    new ThrottleError('MEMORY_PRESSURE', 'There is no memory left.', { retryAfterMs: 1_500 }),
    new ShutdownError(),
    new Error('A fault of ours.'),
  ]
  const sink = new TracesSink()
  await withRunning(factory, contract, { next: sink }, async ({ component }) => {
    for (const refusal of refusals) {
      sink.refuseWith(refusal)
      const answer = await contract.send(component, 0)
      demand(
        answer === 'retry',
        `The next stage refused with ${refusal.name}, which asks for a resend, but the sender was told ${answer}.`,
      )
    }
    demand(sink.calls >= refusals.length, 'Not every event reached the next stage.')
    sink.refuseWith(undefined)
    const answer = await contract.send(component, 0)
    demand(answer === 'accepted', `The next stage took the resent data, but the sender was told ${answer}.`)
    demand(sink.spanCount > 0, 'The resent event did not reach the next stage.')
  })
}

/** What the next stage refuses for good must not be sent again (CMP-05). */
export async function checkAsksForNoResend(
  factory: ReceiverFactory,
  contract: ReceiverContract,
): Promise<void> {
  const sink = new TracesSink()
  sink.refuseWith(new PermanentError('DATA_REFUSED', 'Nobody will ever want this.'))
  await withRunning(factory, contract, { next: sink }, async ({ component }) => {
    const answer = await contract.send(component, 0)
    demand(sink.calls > 0, 'The event did not reach the next stage.')
    demand(
      answer === 'rejected',
      `The next stage refused the data for good, but the sender was told ${answer}.`,
    )
  })
}
