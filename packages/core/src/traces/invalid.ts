import { PermanentError } from '../errors/errors.ts'

/** The error for data that is not OTLP; the sender is told that sending it again is pointless (OTR-07). */
export function invalidOtlp(what: string, cause?: unknown): PermanentError {
  const message = `The data is not valid OTLP: ${what}.`
  return new PermanentError('INVALID_OTLP', message, {
    grpcStatus: 3,
    ...(cause === undefined ? {} : { cause }),
  })
}
