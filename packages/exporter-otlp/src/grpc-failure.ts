import { grpcStatusName, PermanentError, RetryableError, ThrottleError } from '@spanloom/core'

import { clean } from './clean.ts'
import { decodeRpcStatus } from './rpc-status.ts'

/** What the gRPC library rejects a call with. */
export interface GrpcFailure {
  readonly code: number
  readonly details: string
  readonly metadata: { get(key: string): readonly (string | Buffer)[] }
}

const resourceExhausted = 8
/** CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS (OTE-21). */
const retryable: ReadonlySet<number> = new Set([1, 4, 10, 11, 14, 15])

/** The error that tells the layers above whether and when to try again (OTE-21, OTE-22); others stay as they are. */
export function exportError(failure: unknown): unknown {
  if (!isGrpcFailure(failure)) return failure
  const { code, details } = failure
  const message = `rpc error: code = ${grpcStatusName(code)} desc = ${clean(details)}`
  const delayMs = retryDelayOf(failure)
  const facts = { grpcStatus: code, cause: failure }
  const again = retryable.has(code) || (code === resourceExhausted && delayMs !== undefined)
  if (!again) return new PermanentError('EXPORT_REFUSED', message, facts)
  if (delayMs !== undefined && delayMs > 0)
    return new ThrottleError('EXPORT_THROTTLED', message, { ...facts, retryAfterMs: delayMs })
  return new RetryableError('EXPORT_FAILED', message, facts)
}

function isGrpcFailure(failure: unknown): failure is GrpcFailure {
  return (
    failure instanceof Error &&
    'code' in failure &&
    typeof failure.code === 'number' &&
    'details' in failure &&
    typeof failure.details === 'string' &&
    'metadata' in failure
  )
}

/** From the detail `RetryInfo` of the status; `undefined` without one, or when the details cannot be read. */
function retryDelayOf({ metadata }: GrpcFailure): number | undefined {
  const [details] = metadata.get('grpc-status-details-bin')
  if (!Buffer.isBuffer(details)) return undefined
  try {
    return decodeRpcStatus(details).retryDelayMs
  } catch {
    return undefined
  }
}
