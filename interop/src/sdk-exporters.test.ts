import { type Attributes, type Context, context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base'
import { PermanentError, RetryableError, systemClock } from '@spanloom/core'
import { createComponent, testHost, TracesSink } from '@spanloom/core/testing'
import { otlpReceiver, type OtlpReceiver } from '@spanloom/receiver-otlp'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

/** The exporters of the official JavaScript SDK, each made for a receiver. */
const exporters: Readonly<Record<string, (receiver: OtlpReceiver) => SpanExporter>> = {
  'http/json': (receiver) => new JsonExporter({ url: tracesUrl(receiver) }),
  'http/protobuf': (receiver) => new ProtobufExporter({ url: tracesUrl(receiver) }),
  grpc: (receiver) => new GrpcExporter({ url: `http://${receiver.grpcAddress}` }),
}

const tracesUrl = (receiver: OtlpReceiver): string => String(new URL('/v1/traces', receiver.httpUrl))

let receiver: OtlpReceiver
let sink: TracesSink

beforeEach(async () => {
  sink = new TracesSink()
  const protocols = {
    http: { endpoint: '127.0.0.1:0', include_metadata: true },
    grpc: { endpoint: '127.0.0.1:0', include_metadata: true },
  }
  receiver = createComponent(otlpReceiver, { protocols }, { next: sink, clock: systemClock })
  await receiver.start(testHost())
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await receiver.shutdown(AbortSignal.timeout(5000))
})

describe.each(Object.entries(exporters))('%s exporter of the JavaScript SDK', (name, create) => {
  it('delivers a trace with all that a span can hold', async () => {
    const { parentId, traceId } = await sendTrace(create(receiver))

    expect(sink.spans.map((span) => span.name)).toEqual(['child', 'parent'])
    const [child, parent] = sink.spans
    expect(parent).toMatchObject({ traceId, spanId: parentId, parentSpanId: '', kind: 'SERVER' })
    expect(child).toMatchObject({
      traceId,
      parentSpanId: parentId,
      kind: 'CLIENT',
      startTimeUnixNano: 1_700_000_000_000_000_000n,
      endTimeUnixNano: 1_700_000_001_500_000_000n,
      status: { code: 'ERROR', message: 'It broke.' },
    })
    expect({ ...child?.attributes }).toEqual(attributes)
    expect(child?.events).toMatchObject([
      { name: 'halfway', timeUnixNano: 1_700_000_000_500_000_000n, attributes: { step: 2 } },
    ])
    expect(child?.links).toMatchObject([{ traceId, spanId: parentId }])
    expect(child?.resource.attribute('service.name')).toBe('sdk')
    expect(child?.scope).toMatchObject({ name: 'interop', version: '1.2.3' })
    expect(sink.contexts[0]).toMatchObject({
      transport: name === 'grpc' ? 'grpc' : 'http',
      clientAddress: '127.0.0.1',
    })
    expect(sink.contexts[0]?.metadata?.get('user-agent')?.[0]).toMatch(/OTel-OTLP-Exporter-JavaScript/)
  })

  it('delivers gzip', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', 'gzip')
    await sendTrace(create(receiver))

    expect(sink.spanCount).toBe(2)
  })

  it('is told of a permanent refusal once, and sends no second time', async () => {
    sink.refuseWith(new PermanentError('REFUSED', 'Nobody wants this.'))

    await expect(sendTrace(create(receiver))).rejects.toThrow(/Nobody wants this|Internal Server Error|500/i)
    expect(sink.calls).toBe(1)
  })
})

describe.each(['http/json', 'http/protobuf'])('%s exporter of the JavaScript SDK', (name) => {
  it('OTR-12: comes again after the delay that it is given', { timeout: 20_000 }, async () => {
    const create = exporters[name]
    sink.refuseWith(new RetryableError('QUEUE_FULL', 'sending queue is full', { retryAfterMs: 1 }))
    const sent = create === undefined ? undefined : sendTrace(create(receiver))
    await expect.poll(() => sink.calls).toBe(1)
    sink.refuseWith(undefined)
    await sent

    expect(sink.calls).toBe(2)
    expect(sink.spanCount).toBe(2)
  })
})

const attributes: Attributes = {
  text: 'é ✓',
  yes: true,
  whole: 42,
  large: Number.MAX_SAFE_INTEGER,
  fraction: 0.25,
  list: ['a', 'b'],
  numbers: [1, 2.5],
}

/** Sends a parent and its child; rejects when the exporter reports a failure. */
async function sendTrace(exporter: SpanExporter): Promise<{ traceId: string; parentId: string }> {
  const failures: unknown[] = []
  const watched: SpanExporter = {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.error !== undefined) failures.push(result.error)
        done(result)
      }),
    shutdown: () => exporter.shutdown(),
  }
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'sdk' }),
    spanProcessors: [new BatchSpanProcessor(watched)],
  })
  const ids = makeSpans(provider)
  await provider.forceFlush().catch((error: unknown) => failures.push(error))
  await provider.shutdown().catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw failures[0]
  return ids
}

function makeSpans(provider: BasicTracerProvider): { traceId: string; parentId: string } {
  const tracer = provider.getTracer('interop', '1.2.3')
  const parent = tracer.startSpan('parent', { kind: SpanKind.SERVER })
  const inParent: Context = trace.setSpan(context.active(), parent)
  const { traceId, spanId: parentId } = parent.spanContext()
  const child = tracer.startSpan(
    'child',
    {
      kind: SpanKind.CLIENT,
      startTime: 1_700_000_000_000,
      attributes,
      links: [{ context: parent.spanContext() }],
    },
    inParent,
  )
  child.addEvent('halfway', { step: 2 }, 1_700_000_000_500)
  child.setStatus({ code: SpanStatusCode.ERROR, message: 'It broke.' })
  child.end(1_700_000_001_500)
  parent.end()
  return { traceId, parentId }
}
