import { PermanentError, RetryableError, ThrottleError } from '@spanloom/core'
import { expect, it } from 'vitest'

import { maskSecrets, toHubError } from './hub-error.ts'

const coded = (code: string | undefined, message = 'text'): Error =>
  Object.assign(new Error(message), { code })

it('asks for four seconds of silence when the hub is busy', () => {
  const error = toHubError(coded('ServerBusyError'))
  expect(error).toBeInstanceOf(ThrottleError)
  expect(error).toMatchObject({ code: 'HUB_BUSY', retryAfterMs: 4_000 })
})

it.each([
  ['ServiceUnavailableError', 'HUB_TIMEOUT'],
  ['OperationTimeoutError', 'HUB_TIMEOUT'],
  ['InternalServerError', 'HUB_INTERNAL'],
  ['DetachForcedError', 'HUB_DISCONNECTED'],
  ['ConnectionForcedError', 'HUB_DISCONNECTED'],
  ['UnauthorizedError', 'HUB_UNAUTHORIZED'],
  ['QuotaExceededError', 'HUB_EXHAUSTED'],
  ['SenderBusyError', 'HUB_LINK_BUSY'],
  ['ENOTFOUND', 'HUB_UNREACHABLE'],
  ['ECONNREFUSED', 'HUB_UNREACHABLE'],
  ['ECONNRESET', 'HUB_UNREACHABLE'],
  ['EAI_AGAIN', 'HUB_UNREACHABLE'],
  ['SomethingNew', 'HUB_FAILED'],
  [undefined, 'HUB_FAILED'],
])('tries %s again', (code, ours) => {
  const error = toHubError(coded(code))
  expect(error).toBeInstanceOf(RetryableError)
  expect(error.code).toBe(ours)
})

it.each([
  ['MessagingEntityNotFoundError', 'HUB_NOT_FOUND'],
  ['MessageTooLargeError', 'EVENT_TOO_LARGE'],
  ['InvalidOperationError', 'HUB_REFUSED'],
  ['ArgumentError', 'HUB_REFUSED'],
  ['InvalidFieldError', 'HUB_REFUSED'],
])('gives up after %s', (code, ours) => {
  const error = toHubError(coded(code))
  expect(error).toBeInstanceOf(PermanentError)
  expect(error.code).toBe(ours)
})

it('judges several attempts by the last one', () => {
  const attempts = new AggregateError([
    coded('ServerBusyError'),
    new AggregateError([coded('MessageTooLargeError')]),
  ])
  expect(toHubError(attempts)).toMatchObject({ code: 'EVENT_TOO_LARGE' })
  expect(toHubError(new AggregateError([]))).toMatchObject({ code: 'HUB_FAILED' })
})

it('leaves our own errors as they are', () => {
  const ours = new PermanentError('X', 'Y.')
  expect(toHubError(ours)).toBe(ours)
})

it('shows no secret of the client in the message or the cause', () => {
  const secret = 'c2VjcmV0'
  const text = `connection "Endpoint=sb://a/;SharedAccessKey=${secret}" SharedAccessSignature sr=a&sig=${secret}&se=1 Bearer ${secret} {"client_secret":"x"}`
  const error = toHubError(coded('UnauthorizedError', text))
  expect(error.message).not.toContain(secret)
  expect(String(error.cause)).not.toContain(secret)
  expect(maskSecrets('token eyJhbGciOiJIUzI1NiJ9.e30.abc-d')).toBe('token [REDACTED]')
})
