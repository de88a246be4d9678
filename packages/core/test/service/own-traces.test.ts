import { createServer } from 'node:http'

import * as grpc from '@grpc/grpc-js'
import { span, Traces, RetryableError } from '@spanloom/core'
import { expect, test } from 'vitest'

import { testCollector, type TestConfig } from './recording.ts'

const never = new AbortController().signal
const batch = Traces.of([
  span({ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', name: 'a' }),
])

const config = (exporter: object): TestConfig => ({
  pipelines: { traces: { receivers: ['in'], processors: ['p'], exporters: ['out'] } },
  telemetry: {
    metrics: { level: 'none' },
    traces: { processors: [{ batch: { schedule_delay: 60_000, exporter: { otlp: exporter } } }] },
  },
})

interface JsonSpan {
  readonly name: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly status: { readonly code?: number }
  readonly attributes: readonly {
    readonly key: string
    readonly value: { readonly intValue?: number; readonly stringValue?: string }
  }[]
}

test('own traces show each stage as a child of the one before (12.4), over HTTP', async () => {
  const spans: JsonSpan[] = []
  let authorization: string | undefined
  const server = createServer((request, response) => {
    authorization = request.headers.authorization
    let text = ''
    request.on('data', (chunk) => (text += chunk))
    request.on('end', () => {
      for (const resource of JSON.parse(text).resourceSpans) {
        for (const scope of resource.scopeSpans) spans.push(...scope.spans)
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const { collector, consumers, next } = await testCollector(
    config({ endpoint: `http://127.0.0.1:${port}`, headers: [{ name: 'authorization', value: 'Bearer x' }] }),
  )
  await collector.start()
  await next.get('in')?.consumeTraces(batch, { signal: never, transport: 'grpc' })
  consumers.set('out', () => Promise.reject(new RetryableError('FULL', 'full')))
  await next
    .get('in')
    ?.consumeTraces(batch, { signal: never })
    .catch(() => undefined)
  await collector.shutdown(never)
  await new Promise((resolve) => server.close(resolve))

  const named = (name: string): JsonSpan[] => spans.filter((each) => each.name === name)
  const [receiver, refused] = named('receiver/in/TraceDataReceived')
  const [processor] = named('processor/p/traces')
  const [exporter, failed] = named('exporter/out/traces')
  expect(authorization).toBe('Bearer x')
  expect(processor?.parentSpanId).toBe(receiver?.spanId)
  expect(exporter?.parentSpanId).toBe(processor?.spanId)
  expect(receiver?.attributes).toContainEqual({ key: 'transport', value: { stringValue: 'grpc' } })
  expect(receiver?.attributes).toContainEqual({ key: 'accepted_spans', value: { intValue: 1 } })
  expect(refused?.attributes).toContainEqual({ key: 'refused_spans', value: { intValue: 1 } })
  expect(failed?.status.code).toBe(2)
})

test('own traces go over gRPC where the protocol says so', async () => {
  const received = Promise.withResolvers<number>()
  const server = new grpc.Server()
  server.addService(
    {
      export: {
        path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
        requestStream: false,
        responseStream: false,
        requestSerialize: (value: Buffer) => value,
        requestDeserialize: (value: Buffer) => value,
        responseSerialize: (value: Buffer) => value,
        responseDeserialize: (value: Buffer) => value,
      },
    },
    {
      export(call: { request: Buffer }, answer: (error: null, value: Buffer) => void) {
        received.resolve(Traces.fromProtobuf(call.request).spanCount)
        answer(null, Buffer.alloc(0))
      },
    },
  )
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  )
  const { collector, next } = await testCollector(
    config({ protocol: 'grpc', endpoint: `127.0.0.1:${port}`, insecure: true }),
  )
  await next.get('in')?.consumeTraces(batch, { signal: never })
  await collector.shutdown(never)

  expect(await received.promise).toBe(3)
  server.forceShutdown()
})

test('a dead backend of own traces does not keep the collector from stopping', async () => {
  const { collector, next } = await testCollector(config({ endpoint: 'http://127.0.0.1:1', timeout: 100 }))
  await collector.start()
  await next.get('in')?.consumeTraces(batch, { signal: never })
  const { failures } = await collector.shutdown(AbortSignal.timeout(100))
  expect(failures).toEqual([])
})
