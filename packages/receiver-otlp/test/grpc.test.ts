import { status } from '@grpc/grpc-js'
import { PermanentError, RetryableError, Traces } from '@spanloom/core'
import { sampleTraces } from '@spanloom/core/testing'
import { afterEach, describe, expect, it } from 'vitest'

import { decodeStatus } from './rpc-status.ts'
import { type CallResult, type Running, start } from './running.ts'

const bytes = Traces.concat(sampleTraces(3)).toProtobuf()
const running: Running[] = []

async function startGrpc(settings: Readonly<Record<string, unknown>> = {}): Promise<Running> {
  const started = await start({ grpc: settings })
  running.push(started)
  return started
}

afterEach(async () => {
  await Promise.all(running.splice(0).map(({ stop }) => stop()))
})

const statusDetails = ({ error }: CallResult): Uint8Array => {
  const [details] = error?.metadata.get('grpc-status-details-bin') ?? []
  return Buffer.from(details ?? '')
}

it('takes a request, compressed or not, and answers without bytes', async () => {
  const { call, sink } = await startGrpc()

  for (const compression of ['identity', 'deflate', 'gzip'] as const) {
    expect(await call(bytes, { compression })).toEqual({ code: status.OK, answer: Buffer.alloc(0) })
  }
  expect(sink.batches.map((batch) => batch.toProtobuf())).toEqual(Array(3).fill(Buffer.from(bytes)))
  expect(sink.contexts[0]).toMatchObject({ transport: 'grpc', clientAddress: '127.0.0.1' })
  expect(sink.contexts[0]?.deadline).toBeGreaterThan(0)
})

it('OTR-08: an empty request is a success that the pipeline does not see', async () => {
  const { call, sink } = await startGrpc()

  expect((await call(Buffer.alloc(0))).code).toBe(status.OK)
  expect(sink.calls).toBe(0)
})

it('OTR-16: metrics and logs are UNIMPLEMENTED', async () => {
  const { call } = await startGrpc()

  for (const service of ['metrics.v1.MetricsService', 'logs.v1.LogsService']) {
    const { code } = await call(bytes, { method: `/opentelemetry.proto.collector.${service}/Export` })
    expect(code).toBe(status.UNIMPLEMENTED)
  }
})

it('OTR-07: an undecodable message is INVALID_ARGUMENT', async () => {
  const { call, sink } = await startGrpc()

  expect((await call(Buffer.from('ffff', 'hex'))).code).toBe(status.INVALID_ARGUMENT)
  expect((await call(bytes.subarray(0, -1))).code).toBe(status.INVALID_ARGUMENT)
  expect(sink.calls).toBe(0)
})

it('OTR-06, OTR-20, DIF-09: 20 MiB are taken, more is RESOURCE_EXHAUSTED without RetryInfo', async () => {
  const { call } = await startGrpc()
  const limit = 20 * 1024 * 1024

  const more = await call(Buffer.alloc(limit + 1))

  expect((await call(Buffer.alloc(limit))).code).toBe(status.INVALID_ARGUMENT)
  expect(more.code).toBe(status.RESOURCE_EXHAUSTED)
  expect(statusDetails(more)).toHaveLength(0)
})

it('hands the metadata on with include_metadata', async () => {
  const { call, sink } = await startGrpc({ include_metadata: true })

  await call(bytes, { metadata: { 'x-tenant': 'a' } })

  expect(sink.contexts[0]?.metadata?.get('x-tenant')).toEqual(['a'])
})

describe('pipeline errors', () => {
  it('OTR-11, OTR-12: a full queue is UNAVAILABLE with RetryInfo', async () => {
    const { call, sink } = await startGrpc()
    sink.refuseWith(new RetryableError('QUEUE_FULL', 'sending queue is full'))

    const refused = await call(bytes)

    expect(refused.error).toMatchObject({ code: status.UNAVAILABLE, details: 'sending queue is full' })
    expect(decodeStatus(statusDetails(refused))).toMatchObject({ code: 14, message: 'sending queue is full' })
    expect(decodeStatus(statusDetails(refused)).retryAfterMs).toBeGreaterThanOrEqual(500)
  })

  it('a destination that throttles without a delay is passed on without one', async () => {
    const { call, sink } = await startGrpc()
    sink.refuseWith(new RetryableError('SLOW', 'Slow.', { grpcStatus: 8 }))

    const refused = await call(bytes)

    expect(refused.code).toBe(status.RESOURCE_EXHAUSTED)
    expect(statusDetails(refused)).toHaveLength(0)
  })

  it('a permanent one is INTERNAL, or what it carries', async () => {
    const { call, sink } = await startGrpc()
    sink.refuseWith(new PermanentError('NO', 'No.'))
    expect((await call(bytes)).code).toBe(status.INTERNAL)

    sink.refuseWith(new PermanentError('NO', 'No.', { grpcStatus: 7 }))
    expect((await call(bytes)).code).toBe(status.PERMISSION_DENIED)
  })
})

it('OTR-19: a shutdown lets a call in flight finish', async () => {
  const { call, sink, receiver } = await startGrpc()
  sink.block()
  const answer = call(bytes)
  await expect.poll(() => sink.calls).toBe(1)

  const stopped = receiver.shutdown(AbortSignal.timeout(10_000))
  sink.release()

  expect((await answer).code).toBe(status.OK)
  await stopped
})
