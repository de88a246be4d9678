import {
  type HttpResponse,
  parseRetryAfter,
  PermanentError,
  RetryableError,
  type SendOutcome,
  ThrottleError,
} from '@spanloom/core'

import { clean } from './clean.ts'
import { decodeExportResponse, parseExportResponse } from './export-response.ts'
import { decodeRpcStatus, parseRpcStatus, type RpcStatus } from './rpc-status.ts'

/** What reading an answer needs to know beside it. */
export interface AnswerContext {
  /** Where the request went, without secrets. */
  readonly url: string
  /** Milliseconds since 1970. */
  readonly now: number
}

const retryable: ReadonlySet<number> = new Set([429, 502, 503, 504])
const withRetryAfter: ReadonlySet<number> = new Set([429, 503])

/**
 * What became of a request, from the answer of the server (OTE-02 to OTE-08).
 *
 * @throws RetryableError for 429, 502, 503 and 504, PermanentError for every other failure and for a
 * success whose body cannot be read.
 */
export function readAnswer(response: HttpResponse, { url, now }: AnswerContext): SendOutcome {
  const { status, headers } = response
  if (status >= 200 && status < 300) return readSuccess(response)
  const message = `error exporting items, request to ${url} responded with HTTP Status Code ${status}${said(response)}`
  const grpcStatus = grpcStatusOfAnswer(status)
  if (!retryable.has(status)) throw new PermanentError('EXPORT_REFUSED', message, { grpcStatus })
  const waitMs = withRetryAfter.has(status) ? parseRetryAfter(headers['retry-after'], now) : undefined
  const facts = { grpcStatus, ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }) }
  if (status === 429 || waitMs !== undefined) throw new ThrottleError('EXPORT_THROTTLED', message, facts)
  throw new RetryableError('EXPORT_FAILED', message, facts)
}

function readSuccess(response: HttpResponse): SendOutcome {
  const { body } = response
  try {
    switch (mediaType(response)) {
      case 'application/x-protobuf':
        return decodeExportResponse(body)
      case 'application/json':
        return parseExportResponse(body.toString())
      default:
        return {}
    }
  } catch (cause) {
    throw new PermanentError('RESPONSE_INVALID', 'The answer of the server is no export response.', { cause })
  }
}

/** The `google.rpc.Status` in the body, if there is one, as the end of an error's text. */
function said(response: HttpResponse): string {
  const status = rpcStatusOf(response)
  if (status === undefined) return ''
  return `, Message=${clean(status.message)}, Details=[${status.details.map(clean).join(' ')}]`
}

function rpcStatusOf(response: HttpResponse): RpcStatus | undefined {
  if (response.body.length === 0) return undefined
  if (mediaType(response) === 'application/json') return parseRpcStatus(response.body.toString())
  if (mediaType(response) !== 'application/x-protobuf') return undefined
  try {
    return decodeRpcStatus(response.body)
  } catch {
    return undefined
  }
}

const mediaType = ({ headers }: HttpResponse): string =>
  (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''

/** Table 15.3. */
function grpcStatusOfAnswer(status: number): number {
  switch (status) {
    case 400:
      return 3
    case 401:
      return 16
    case 403:
      return 7
    case 404:
      return 12
    case 429:
      return 8
    case 502:
    case 503:
    case 504:
      return 14
    default:
      return 2
  }
}
