import { sleep, type Clock } from '../clock/clock.ts'
import type { Component, ComponentKind, Host } from '../component/component.ts'
import { hintFor, messageOf, ShutdownError, SpanloomError, StartError } from '../errors/errors.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { StatusEntry } from './status-book.ts'

/** One instance as starting and stopping see it. */
export interface Living {
  readonly kind: ComponentKind
  readonly id: string
  readonly component: Component
  readonly status: StatusEntry
  readonly logger: Logger
  /** Whose component it is, if it is not built in. */
  readonly plugin?: string | undefined
}

/** A component that did not stop as it should. */
export interface StopFailure {
  readonly kind: ComponentKind
  readonly id: string
  readonly error: unknown
}

/** How long a component that was told to give up may still take before nobody waits for it. */
const graceMs = 500

/** Never aborts. */
const patient = new AbortController().signal

/**
 * Starts one component and reports it (STA-01). Nobody waits for it any longer once `signal` aborts.
 *
 * @throws StartError `failed to start "otlp" receiver: …` (RUN-03).
 */
export async function startOne(
  { kind, id, plugin, component, status, logger }: Living,
  host: Host,
  signal: AbortSignal = patient,
): Promise<void> {
  status.set('Starting')
  try {
    await withinSignal(component.start(host), signal)
  } catch (error) {
    status.set('PermanentError', error)
    logger.error('Failed to start component.', { error })
    throw new StartError('START_FAILED', `failed to start "${id}" ${kind}: ${messageOf(error)}`, {
      cause: error,
      ...hintFor(error, plugin),
    })
  }
  if (status.current.kind === 'Starting') status.set('OK')
}

/**
 * Stops one component and reports it. Once `signal` has aborted, a component that still does not return
 * is left behind and counts as failed (CLI-23). Never rejects (SIG-03).
 */
export async function stopOne(
  living: Living,
  signal: AbortSignal,
  clock: Clock,
): Promise<readonly StopFailure[]> {
  const { kind, id, component, status, logger } = living
  status.set('Stopping')
  try {
    await Promise.race([component.shutdown(signal), giveUp(signal, clock)])
    status.set('Stopped')
    return []
  } catch (error) {
    status.set('PermanentError', error)
    logger.error('Failed to stop component.', { error })
    return [{ kind, id, error }]
  }
}

/** The outcome of the work, or a rejection as soon as the signal aborts. */
async function withinSignal(work: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(new ShutdownError('The collector is shutting down.'))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** Rejects some time after the signal has aborted. */
async function giveUp(signal: AbortSignal, clock: Clock): Promise<never> {
  if (!signal.aborted) {
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  }
  await sleep(clock, graceMs)
  throw new SpanloomError('STOP_TIMED_OUT', 'The component did not stop in time and was left behind.')
}
