/** Facts that every error of Spanloom may carry. */
export interface SpanloomErrorOptions extends ErrorOptions {
  /** What the reader of the message can do about it, as a full sentence. */
  readonly hint?: string
}

/**
 * Base of every error that Spanloom throws on purpose.
 *
 * `message` is a sentence that says what happened to which thing; it never holds a secret.
 */
export class SpanloomError extends Error {
  /** Stable name of what is wrong, in upper snake case, such as `QUEUE_FULL`. */
  readonly code: string
  readonly hint: string | undefined
  /** Whether the same data would be refused again, so that no one should resend it. */
  readonly permanent: boolean = false

  constructor(code: string, message: string, { hint, ...options }: SpanloomErrorOptions = {}) {
    super(message, options)
    this.name = new.target.name
    this.code = code
    this.hint = hint
  }
}

/** A component could not start; the collector stops what had started and exits with 1. */
export class StartError extends SpanloomError {}

/** Facts of an error that answers `consumeTraces`. */
export interface DataErrorOptions extends SpanloomErrorOptions {
  /**
   * The gRPC status that the next hop gave or that fits best; receivers translate it by table 15.1
   * of `collector-conventions.md`. Absent: 14 for retryable, 13 for permanent errors.
   */
  readonly grpcStatus?: number
}

/** The same data would always be refused: nobody should send it again. */
export class PermanentError extends SpanloomError {
  override readonly permanent: boolean = true
  readonly grpcStatus: number | undefined

  constructor(code: string, message: string, { grpcStatus, ...options }: DataErrorOptions = {}) {
    super(code, message, options)
    this.grpcStatus = grpcStatus
  }
}

/** Facts of an error after which the sender should try again. */
export interface RetryableErrorOptions extends DataErrorOptions {
  /** How long the sender should wait at least, in milliseconds. */
  readonly retryAfterMs?: number
}

/** The data was not taken this time; sending it again may work. */
export class RetryableError extends SpanloomError {
  readonly grpcStatus: number | undefined
  readonly retryAfterMs: number | undefined

  constructor(
    code: string,
    message: string,
    { grpcStatus, retryAfterMs, ...options }: RetryableErrorOptions = {},
  ) {
    super(code, message, options)
    this.grpcStatus = grpcStatus
    this.retryAfterMs = retryAfterMs
  }
}

/** The destination or a local limit asks the sender to slow down. */
export class ThrottleError extends RetryableError {}

/** The component is stopping; the data was not taken and stays with the sender. */
export class ShutdownError extends RetryableError {
  constructor(message = 'The component is shutting down.') {
    super('SHUTDOWN', message)
  }
}

/**
 * Whether resending the same data is pointless.
 *
 * Reads the flag rather than the class, because a plugin may bring its own copy of this package.
 * An error without the flag counts as retryable: data sent twice is better than data lost.
 */
export function isPermanent(error: unknown): boolean {
  return error instanceof Error && 'permanent' in error && error.permanent === true
}

/** How long the sender should wait before it tries again, in milliseconds, if the error says so. */
export function retryAfterMs(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('retryAfterMs' in error)) return undefined
  return typeof error.retryAfterMs === 'number' ? error.retryAfterMs : undefined
}

/** The gRPC status that the error carries, if any. */
export function grpcStatusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('grpcStatus' in error)) return undefined
  return typeof error.grpcStatus === 'number' ? error.grpcStatus : undefined
}

/** What the reader of the error's message can do about it, if the error says so. */
export function hintOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('hint' in error)) return undefined
  return typeof error.hint === 'string' ? error.hint : undefined
}

/** The hint of an error of a component, and whose component it is if it is a plugin's; parts of a new error. */
export function hintFor(error: unknown, plugin: string | undefined): { readonly hint?: string } {
  const sentences = [hintOf(error), plugin === undefined ? undefined : `It comes from ${plugin}.`]
  const hint = sentences.filter((sentence) => sentence !== undefined).join(' ')
  return hint === '' ? {} : { hint }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
