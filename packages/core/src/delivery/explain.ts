import {
  grpcStatusOf,
  isPermanent,
  messageOf,
  PermanentError,
  RetryableError,
  retryAfterMs,
  SpanloomError,
} from '../errors/errors.ts'

/** The last failure of a request with the reason for giving up in front; permanence, status and delay are kept. */
export function explain(reason: string, failure: unknown): PermanentError | RetryableError {
  const code = failure instanceof SpanloomError ? failure.code : 'EXPORT_FAILED'
  const message = `${reason}: ${messageOf(failure)}`
  const grpcStatus = grpcStatusOf(failure)
  const facts = { cause: failure, ...(grpcStatus === undefined ? {} : { grpcStatus }) }
  if (isPermanent(failure)) return new PermanentError(code, message, facts)
  const delayMs = retryAfterMs(failure)
  return new RetryableError(code, message, {
    ...facts,
    ...(delayMs === undefined ? {} : { retryAfterMs: delayMs }),
  })
}
