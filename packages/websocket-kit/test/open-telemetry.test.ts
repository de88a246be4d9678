import { EventEmitter } from 'node:events'

import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterEach, describe, expect, it } from 'vitest'

import { createKit } from '../src/index.ts'

const seed =
  '{"rID":"2021-03-13 00:32:04.942046#UP57RxE","operation":"categoriesInfo","__headers__":{"trace-id":"c0a8017f6f2c4d98bd70a35c90f1f01","span-id":"7b9a3d3c4e2f1a90"}}'
const seedTrace = '0c0a8017f6f2c4d98bd70a35c90f1f01'

function startSdk(): InMemorySpanExporter {
  const exporter = new InMemorySpanExporter()
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  )
  return exporter
}

afterEach(() => {
  trace.disable()
  context.disable()
})

describe('with an OpenTelemetry SDK', () => {
  it("is a span under the received one, and the user's own spans hang under it", async () => {
    const exporter = startSdk()
    const kit = createKit()
    const { own, headers } = await kit.run(seed, async () => {
      await Promise.resolve()
      return trace.getTracer('shop').startActiveSpan('read the menu', (span) => {
        const headers = kit.headers()
        span.end()
        return { own: kit.current()?.spanId, headers }
      })
    })
    const [inner, command] = exporter.getFinishedSpans()
    expect(command).toMatchObject({
      name: 'process categoriesInfo',
      parentSpanContext: { traceId: seedTrace, spanId: '7b9a3d3c4e2f1a90', isRemote: true },
      attributes: {
        'messaging.system': 'websocket',
        'messaging.message.conversation_id': '2021-03-13 00:32:04.942046#UP57RxE',
        'spanloom.trace_id': 'c0a8017f6f2c4d98bd70a35c90f1f01',
        'spanloom.span_id': '7b9a3d3c4e2f1a90',
        'spanloom.trace_id.derivation': 'padded',
      },
    })
    expect(command?.spanContext()).toMatchObject({ traceId: seedTrace, spanId: own })
    expect(inner).toMatchObject({ name: 'read the menu', parentSpanContext: { spanId: own } })
    const innerId = inner?.spanContext().spanId
    expect(headers).toMatchObject({ 'span-id': innerId, traceparent: `00-${seedTrace}-${innerId}-01` })
  })

  it('keeps the trace of a command that names no span', () => {
    const exporter = startSdk()
    const kit = createKit()
    kit.run('{"rID":"1","operation":"getBill","__headers__":{"trace-id":"req-42"}}', () => {})
    expect(exporter.getFinishedSpans()[0]?.spanContext().traceId).toBe('fd1180d9f0c0819f00056b7b9de19fce')
  })

  it('ends the span when the work has failed, and says nothing of what the error says', async () => {
    const exporter = startSdk()
    const kit = createKit()
    const work = kit.run(seed, async () => Promise.reject(new RangeError('card 4111')))
    expect(exporter.getFinishedSpans()).toEqual([])
    await expect(work).rejects.toThrow('card 4111')
    const [command] = exporter.getFinishedSpans()
    expect(command).toMatchObject({
      status: { code: 2, message: 'RangeError' },
      attributes: { 'error.type': 'RangeError' },
    })
    expect(JSON.stringify([command?.attributes, command?.events])).not.toContain('4111')
  })
})

describe('a span of a socket', () => {
  const socketWith = (failed?: (error: unknown) => void) => {
    const socket = new EventEmitter()
    const command = (): Promise<never> => Promise.reject(new RangeError('till'))
    createKit().wrap(socket, failed === undefined ? { command } : { command, failed })
    return socket
  }

  it('has failed although somebody sees to the failure, and ends after that', async () => {
    const exporter = startSdk()
    const told = Promise.withResolvers<unknown>()
    socketWith((error) => {
      expect(exporter.getFinishedSpans()).toEqual([])
      told.resolve(error)
    }).emit('message', seed)
    expect(await told.promise).toBeInstanceOf(RangeError)
    await Promise.resolve()
    expect(exporter.getFinishedSpans()[0]).toMatchObject({ status: { code: 2, message: 'RangeError' } })
  })

  it('ends although telling of something odd fails', () => {
    const exporter = startSdk()
    const kit = createKit({
      onWarning: () => {
        throw new RangeError('nobody listens')
      },
    })
    expect(() => kit.run('{"operation":"x"}', () => undefined)).toThrow('nobody listens')
    expect(exporter.getFinishedSpans()).toHaveLength(1)
  })
})

describe('with the API alone', () => {
  it('makes the command the parent of whatever comes later', () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    const kit = createKit()
    kit.run(seed, () => {
      const active = trace.getActiveSpan()?.spanContext()
      expect(active).toMatchObject({ traceId: seedTrace, spanId: kit.current()?.spanId })
      expect(active?.spanId).not.toBe('7b9a3d3c4e2f1a90')
    })
  })
})

it('can be told to leave OpenTelemetry alone', () => {
  const exporter = startSdk()
  createKit({ openTelemetry: false }).run(seed, () => {
    expect(trace.getActiveSpan()).toBeUndefined()
  })
  expect(exporter.getFinishedSpans()).toEqual([])
})
