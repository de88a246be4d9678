// A service with the official JavaScript SDK, as a process of its own: called with the name of an exporter and the
// URL to send to, it ends `count` pairs of spans, flushes, and tells what it sent and what its exporter reported.
import { context, diag, DiagLogLevel, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base'

const [name = '', url = '', count = '1'] = process.argv.slice(2)
const failures: string[] = []

diag.setLogger(
  {
    error: (...words) => void failures.push(words.join(' ')),
    warn: console.warn,
    info: console.info,
    debug: console.debug,
    verbose: console.debug,
  },
  DiagLogLevel.VERBOSE,
)

function createExporter(): SpanExporter {
  switch (name) {
    case 'grpc':
      return new GrpcExporter({ url })
    case 'http/json':
      return new JsonExporter({ url })
    case 'http/protobuf':
      return new ProtobufExporter({ url })
    default:
      throw new Error(`There is no exporter ${name}.`)
  }
}

async function run(): Promise<void> {
  const exporter = createExporter()
  const watched: SpanExporter = {
    export: (spans, done) => {
      exporter.export(spans, (result) => {
        if (result.error !== undefined) failures.push(String(result.error))
        done(result)
      })
      console.log('A batch is on its way.')
    },
    shutdown: () => exporter.shutdown(),
  }
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'sdk', 'sdk.exporter': name }),
    spanProcessors: [new BatchSpanProcessor(watched, { maxExportBatchSize: 100, maxQueueSize: 10_000 })],
  })
  const tracer = provider.getTracer('sdk-sender', '1.2.3')
  const ids: string[] = []
  for (let index = 0; index < Number(count); index++) {
    const parent = tracer.startSpan('parent', { kind: SpanKind.SERVER })
    const child = tracer.startSpan(
      'child',
      {
        kind: SpanKind.CLIENT,
        startTime: 1_700_000_000_000,
        attributes: { text: 'é ✓', yes: true, whole: 42, fraction: 0.25, list: ['a', 'b'], index },
        links: [{ context: parent.spanContext(), attributes: { why: 'test' } }],
      },
      trace.setSpan(context.active(), parent),
    )
    child.addEvent('halfway', { step: 2 }, 1_700_000_000_500)
    child.setStatus({ code: SpanStatusCode.ERROR, message: 'It broke.' })
    child.end(1_700_000_001_500)
    parent.end()
    ids.push(parent.spanContext().spanId, child.spanContext().spanId)
  }
  await provider.forceFlush().catch((error: unknown) => failures.push(String(error)))
  await provider.shutdown().catch((error: unknown) => failures.push(String(error)))
  console.log(`Done: ${JSON.stringify({ ids, failures })}`)
}

void run()
