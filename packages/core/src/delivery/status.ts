import { ShutdownError } from '../errors/errors.ts'
import type { StatusReporter } from '../telemetry/status.ts'
import type { Attempt } from './timeout.ts'

/** Reports a recoverable error after a failed attempt and OK after the next success, on change only (STA-05). */
export function withStatus(attempt: Attempt, status: StatusReporter): Attempt {
  let failing = false
  return async (request, count) => {
    try {
      const outcome = await attempt(request, count)
      if (failing) status.ok()
      failing = false
      return outcome
    } catch (error) {
      if (!failing && !(error instanceof ShutdownError)) {
        failing = true
        status.recoverableError(error instanceof Error ? error : new Error(String(error)))
      }
      throw error
    }
  }
}
