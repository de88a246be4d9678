import type { Clock } from '../clock/clock.ts'
import { stopOne, type StopFailure } from './lifecycle.ts'
import type { PipelineMember } from './member.ts'

/** How long calls into a component may go on before it is told to stop all the same. */
const idlePatienceMs = 5_000

type StopMember = typeof stopMember

/**
 * Stops components of pipelines, given in the order of starting, upstream first (SIG-01). Receivers stop side by
 * side, and so do exporters: a slow one does not take the time of the others. Never rejects.
 */
export async function stopMembers(
  members: readonly PipelineMember[],
  signal: AbortSignal,
  clock: Clock,
  how: StopMember = stopOne,
): Promise<readonly StopFailure[]> {
  const order = members.toReversed()
  const stop = (member: PipelineMember): Promise<readonly StopFailure[]> => how(member, signal, clock)
  const failures = (await Promise.all(order.filter(isReceiver).map(stop))).flat()
  for (const member of order) {
    if (!isReceiver(member) && member.kind !== 'exporter') failures.push(...(await stop(member)))
  }
  failures.push(...(await Promise.all(order.filter(({ kind }) => kind === 'exporter').map(stop))).flat())
  return failures
}

/**
 * Stops one component while others go on: first the calls that are inside may end. Nobody may be let in meanwhile.
 */
export async function stopMember(
  member: PipelineMember,
  signal: AbortSignal,
  clock: Clock,
): Promise<readonly StopFailure[]> {
  await idle(member, signal, clock)
  return stopOne(member, signal, clock)
}

async function idle(
  { instance: { entry } }: PipelineMember,
  signal: AbortSignal,
  clock: Clock,
): Promise<void> {
  if (entry === undefined) return
  const { promise: enough, resolve } = Promise.withResolvers<void>()
  const timer = clock.schedule(idlePatienceMs, resolve)
  if (signal.aborted) resolve()
  signal.addEventListener('abort', () => resolve(), { once: true })
  await Promise.race([entry.idle(), enough])
  timer.cancel()
}

const isReceiver = ({ kind }: PipelineMember): boolean => kind === 'receiver'
