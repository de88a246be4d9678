import { describe, expect, it } from 'vitest'

import { PermanentError, RetryableError, ShutdownError, ThrottleError } from '../errors/errors.ts'
import { HttpFault } from './http-fault.ts'
import {
  errorAnswer,
  grpcStatusOfHttp,
  httpStatusOfGrpc,
  retryAfterSeconds,
  webhookAnswer,
} from './outcome-tables.ts'

const middle = (): number => 0.5
const carrying = (grpcStatus: number): RetryableError =>
  new RetryableError('DOWNSTREAM', 'Refused.', { grpcStatus })

describe('table 15.1', () => {
  it.each([
    [1, 503],
    [2, 500],
    [3, 400],
    [4, 503],
    [5, 500],
    [6, 500],
    [7, 403],
    [8, 429],
    [9, 500],
    [10, 503],
    [11, 503],
    [12, 404],
    [13, 500],
    [14, 503],
    [15, 503],
    [16, 401],
  ])('OTR-11: an error that carries status %i keeps it and answers HTTP %i', (status, http) => {
    expect(errorAnswer(carrying(status))).toMatchObject({ grpcStatus: status, httpStatus: http })
    expect(errorAnswer(new PermanentError('X', 'x', { grpcStatus: status }))).toMatchObject({
      grpcStatus: status,
      httpStatus: http,
    })
  })

  it('OTR-11: retryable without a code is UNAVAILABLE, permanent without a code is INTERNAL', () => {
    expect(errorAnswer(new RetryableError('QUEUE_FULL', 'The queue is full.'))).toMatchObject({
      grpcStatus: 14,
      httpStatus: 503,
    })
    expect(errorAnswer(new ShutdownError())).toMatchObject({ grpcStatus: 14, httpStatus: 503 })
    expect(errorAnswer(new PermanentError('REFUSED', 'No.'))).toMatchObject({
      grpcStatus: 13,
      httpStatus: 500,
    })
  })

  it('OTR-11: a fault of the program counts as retryable and keeps its message to itself', () => {
    const answer = errorAnswer(new TypeError('cannot read secret-token'))

    expect(answer).toMatchObject({ grpcStatus: 14, httpStatus: 503 })
    expect(answer.message).not.toContain('secret-token')
    expect(errorAnswer('thrown text')).toMatchObject({ grpcStatus: 14 })
  })

  it('ignores a carried status that is none', () => {
    expect(errorAnswer(carrying(0))).toMatchObject({ grpcStatus: 14 })
    expect(errorAnswer(carrying(99))).toMatchObject({ grpcStatus: 14 })
    expect(errorAnswer(carrying(3.5))).toMatchObject({ grpcStatus: 14 })
  })

  it('OTR-12: passes a delay on, and attaches one under pressure', () => {
    expect(errorAnswer(new ThrottleError('SLOW', 'Slow.', { retryAfterMs: 7000 })).retryAfterMs).toBe(7000)
    expect(errorAnswer(new RetryableError('FULL', 'Full.'), middle).retryAfterMs).toBe(1000)
    expect(errorAnswer(new RetryableError('FULL', 'Full.'), () => 0).retryAfterMs).toBe(500)
    expect(errorAnswer(carrying(8)).retryAfterMs).toBeUndefined()
    expect(errorAnswer(new PermanentError('NO', 'No.')).retryAfterMs).toBeUndefined()
  })
})

it.each([
  [400, 3],
  [401, 16],
  [403, 7],
  [404, 12],
  [413, 8],
  [429, 8],
  [502, 14],
  [503, 14],
  [504, 14],
  [418, 2],
  [500, 2],
])('tables 15.2 and 15.3: HTTP %i stands for status %i', (http, status) => {
  expect(grpcStatusOfHttp(http)).toBe(status)
})

it('answers 200 to no error', () => {
  expect(httpStatusOfGrpc(0)).toBe(200)
})

it('keeps the status of a request fault', () => {
  expect(errorAnswer(new HttpFault(413, 'TOO_LARGE', 'Too large.'))).toMatchObject({
    httpStatus: 413,
    grpcStatus: 8,
  })
})

describe('section 13', () => {
  it.each([
    ['retryable', new RetryableError('FULL', 'Full.'), 503],
    ['retryable with the status of a destination', carrying(16), 503],
    ['throttled by a destination', carrying(8), 503],
    ['shutting down', new ShutdownError(), 503],
    ['permanent', new PermanentError('NO', 'No.'), 500],
    ['permanent with the status of a destination', new PermanentError('NO', 'No.', { grpcStatus: 16 }), 500],
    ['undecodable', new PermanentError('BAD', 'Bad.', { grpcStatus: 3 }), 400],
    ['a fault of the program', new TypeError('bug'), 503],
    ['a request fault', new HttpFault(401, 'UNAUTHENTICATED', 'No.'), 401],
  ])('%s', (_case, error, status) => {
    const answer = webhookAnswer(error)

    expect(answer.httpStatus).toBe(status)
    expect(answer.retryAfterMs !== undefined).toBe(status === 503)
  })
})

it('rounds a delay up to whole seconds', () => {
  expect(retryAfterSeconds(1)).toBe(1)
  expect(retryAfterSeconds(1000)).toBe(1)
  expect(retryAfterSeconds(1001)).toBe(2)
})
