import type { Clock } from '../clock/clock.ts'
import type { StopSwitch } from './stop-switch.ts'

/** What may end a pause before its time. */
export interface PauseOptions {
  readonly clock: Clock
  readonly stop: StopSwitch
  readonly signal: AbortSignal | undefined
}

/** Waits `delayMs` and tells why the wait ended. */
export function pause(
  delayMs: number,
  { clock, stop, signal }: PauseOptions,
): Promise<'elapsed' | 'stopped' | 'cancelled'> {
  if (stop.stopped) return Promise.resolve('stopped')
  if (signal?.aborted) return Promise.resolve('cancelled')
  return new Promise((resolve) => {
    const end = (why: 'elapsed' | 'stopped' | 'cancelled'): void => {
      timer.cancel()
      forget()
      signal?.removeEventListener('abort', cancel)
      resolve(why)
    }
    const cancel = (): void => end('cancelled')
    const timer = clock.schedule(delayMs, () => end('elapsed'))
    const forget = stop.onStop(() => end('stopped'))
    signal?.addEventListener('abort', cancel, { once: true })
  })
}
