import type { StatusKind } from './status.ts'

const transitions: Readonly<Record<StatusKind, readonly StatusKind[]>> = {
  None: ['Starting'],
  Starting: ['OK', 'RecoverableError', 'PermanentError', 'FatalError', 'Stopping'],
  OK: ['OK', 'RecoverableError', 'PermanentError', 'FatalError', 'Stopping'],
  RecoverableError: ['OK', 'RecoverableError', 'PermanentError', 'FatalError', 'Stopping'],
  PermanentError: ['Stopping'],
  FatalError: [],
  Stopping: ['RecoverableError', 'PermanentError', 'FatalError', 'Stopped'],
  Stopped: [],
}

/** What becomes of a report: it is an event, it only repeats what is known, or it makes no sense here. */
export type StatusChange = 'event' | 'repeated' | 'invalid'

/**
 * Decides what a component in state `from` that reports `to` has done (section 5). Repeating OK or
 * RecoverableError is an event, repeating anything else is not (STA-02).
 */
export function statusChange(from: StatusKind, to: StatusKind): StatusChange {
  if (transitions[from].includes(to)) return 'event'
  return from === to ? 'repeated' : 'invalid'
}
