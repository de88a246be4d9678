import { grpcStatusOf, isPermanent, retryAfterMs, SpanloomError } from '../errors/errors.ts'
import { HttpFault } from './http-fault.ts'

/** Numbers of the gRPC status codes. */
export const grpcStatus = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
  unauthenticated: 16,
} as const

/** What a sender is told about data that was not taken. */
export interface ErrorAnswer {
  /** gRPC status, also the `code` of a `google.rpc.Status`. */
  readonly grpcStatus: number
  readonly httpStatus: number
  /** Sentence for the sender; holds no secret and nothing of the payload. */
  readonly message: string
  /** How long the sender should wait, for `Retry-After` and `RetryInfo`. */
  readonly retryAfterMs: number | undefined
}

/** Default delay under pressure (OTR-12); a random half more or less keeps senders apart. */
export const defaultRetryAfterMs = 1000

/**
 * The answer of an OTLP receiver to an error of the pipeline or of the request (tables 15.1 and 15.2).
 *
 * A retryable error without status and delay gets the default delay, `random` in [0, 1) spreading it.
 * An error that carries RESOURCE_EXHAUSTED gets none: without a delay it tells a gRPC sender not to retry.
 */
export function errorAnswer(error: unknown, random: () => number = Math.random): ErrorAnswer {
  const message = publicMessage(error)
  if (error instanceof HttpFault) {
    return {
      grpcStatus: error.grpcStatus ?? grpcStatusOfHttp(error.status),
      httpStatus: error.status,
      message,
      retryAfterMs: undefined,
    }
  }
  const carried = carriedStatus(error)
  const delay = retryAfterMs(error)
  const status = carried ?? (isPermanent(error) ? grpcStatus.internal : grpcStatus.unavailable)
  const pressure = carried === undefined && !isPermanent(error)
  return {
    grpcStatus: status,
    httpStatus: httpStatusOfGrpc(status),
    message,
    retryAfterMs: delay ?? (pressure ? spread(defaultRetryAfterMs, random) : undefined),
  }
}

/** The HTTP status of an OTLP answer that carries a gRPC status (table 15.1). */
export function httpStatusOfGrpc(status: number): number {
  switch (status) {
    case grpcStatus.ok:
      return 200
    case grpcStatus.cancelled:
    case grpcStatus.deadlineExceeded:
    case grpcStatus.aborted:
    case grpcStatus.outOfRange:
    case grpcStatus.unavailable:
    case grpcStatus.dataLoss:
      return 503
    case grpcStatus.resourceExhausted:
      return 429
    case grpcStatus.invalidArgument:
      return 400
    case grpcStatus.unauthenticated:
      return 401
    case grpcStatus.permissionDenied:
      return 403
    case grpcStatus.unimplemented:
      return 404
    default:
      return 500
  }
}

/** The gRPC status that stands for an HTTP status (tables 15.2 and 15.3). */
export function grpcStatusOfHttp(status: number): number {
  switch (status) {
    case 400:
      return grpcStatus.invalidArgument
    case 401:
      return grpcStatus.unauthenticated
    case 403:
      return grpcStatus.permissionDenied
    case 404:
      return grpcStatus.unimplemented
    case 413:
    case 429:
      return grpcStatus.resourceExhausted
    case 502:
    case 503:
    case 504:
      return grpcStatus.unavailable
    default:
      return grpcStatus.unknown
  }
}

/**
 * The answer of a webhook-style receiver (table of section 13).
 *
 * Unlike an OTLP hop, the sender of a webhook has nothing to do with the credentials or limits of our
 * destinations, so only INVALID_ARGUMENT, the mark of an undecodable body, comes through as its fault.
 */
export function webhookAnswer(error: unknown, random: () => number = Math.random): ErrorAnswer {
  const answer = errorAnswer(error, random)
  if (error instanceof HttpFault) return answer
  if (!isPermanent(error)) {
    return {
      ...answer,
      httpStatus: 503,
      retryAfterMs: answer.retryAfterMs ?? spread(defaultRetryAfterMs, random),
    }
  }
  return { ...answer, httpStatus: answer.grpcStatus === grpcStatus.invalidArgument ? 400 : 500 }
}

/** Whole seconds for a `Retry-After` header, never less than the delay. */
export function retryAfterSeconds(delayMs: number): number {
  return Math.max(1, Math.ceil(delayMs / 1000))
}

/**
 * Whether the error was thrown on purpose, so that its message is fit for a sender. Looks at the flag
 * as `isPermanent` does; any other error is a fault of the program.
 */
export function isExpected(error: unknown): error is Error {
  return error instanceof SpanloomError || (error instanceof Error && 'permanent' in error && 'code' in error)
}

function publicMessage(error: unknown): string {
  return isExpected(error) ? error.message : 'The data could not be processed.'
}

/** Out of the range of codes, and OK for an error, is as good as no status. */
function carriedStatus(error: unknown): number | undefined {
  const status = grpcStatusOf(error)
  if (status === undefined || !Number.isInteger(status)) return undefined
  return status > grpcStatus.ok && status <= grpcStatus.unauthenticated ? status : undefined
}

const spread = (delayMs: number, random: () => number): number => Math.round(delayMs * (0.5 + random()))
