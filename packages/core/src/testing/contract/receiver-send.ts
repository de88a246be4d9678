import type { Component } from '../../component/component.ts'
import type { TracesSink } from '../traces-sink.ts'
import type { Answer, ReceiverContract } from './contracts.ts'
import { letPass, type Living } from './life.ts'
import { calm, eventually } from './waiting.ts'

/**
 * Sends one event to a receiver that nobody disturbs and waits until all its spans are in the sink: what
 * a receiver acknowledges is there at once, what it fetches comes when it comes.
 */
export async function sendAndArrive(
  { component, clock }: Living<Component>,
  contract: ReceiverContract,
  sink: TracesSink,
  event: number,
): Promise<Answer> {
  const before = sink.spanCount
  const answer = await contract.send(component, event)
  if (contract.fetches === true) {
    const pass = (): Promise<void> => letPass(clock)
    await eventually(() => sink.spanCount > before, 'No event reaches the next stage.', { between: pass })
    await calm(() => sink.spanCount, pass)
  }
  return answer
}
