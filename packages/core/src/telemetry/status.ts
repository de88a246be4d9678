/** State of a component (`collector-conventions.md` section 5). */
export type StatusKind =
  | 'None'
  | 'Starting'
  | 'OK'
  | 'RecoverableError'
  | 'PermanentError'
  | 'FatalError'
  | 'Stopping'
  | 'Stopped'

/** A component's state at one moment. */
export interface StatusEvent {
  readonly kind: StatusKind
  /** What went wrong, for the three error kinds. */
  readonly error?: Error
  /** Since when the component is in this state, in milliseconds since 1970. */
  readonly at: number
}

/** How a component tells what changes between start and stop (STA-01 to STA-05). */
export interface StatusReporter {
  ok(): void
  recoverableError(error: Error): void
  permanentError(error: Error): void
  /** Makes the collector shut down with exit code 1. */
  fatalError(error: Error): void
}
