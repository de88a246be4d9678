// A producer of CloudEvents with the official SDK, as a process of its own: creates events in a trace, writes the
// context of each creation into its event, sends them, and tells what it wrote.
import { context, type Span, SpanKind, trace } from '@opentelemetry/api'

import { eventHubs, serviceOptions, startTracing } from './cloudevents-service.ts'

const options = serviceOptions()
const { tracer, flush } = startTracing('producer', options)

function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}

const type = 'com.example.order.created'
const source = '/shop/orders'

async function post(event: Readonly<Record<string, string>>, send: Span): Promise<void> {
  const headers = Object.entries(event).map(([name, value]) => [`ce-${name}`, encodeURIComponent(value)])
  const response = await fetch(options.address, {
    method: 'POST',
    headers: {
      ...Object.fromEntries(headers),
      'content-type': 'application/json',
      traceparent: traceparentOf(send),
    },
    body: '{"total":12.50}',
  })
  if (!response.ok) throw new Error(`The broker answered with ${response.status}.`)
}

async function run(): Promise<void> {
  const hub = options.via === 'hub' ? new (eventHubs().EventHubProducerClient)(options.address) : undefined
  const written: Record<string, string> = {}
  for (let number = 0; number < options.count; number++) {
    const order = tracer.startSpan('order')
    const below = trace.setSpan(context.active(), order)
    const id = `order-${number}`
    const attributes = {
      'cloudevents.event_id': id,
      'cloudevents.event_source': source,
      'cloudevents.event_type': type,
    }
    const create = tracer.startSpan(
      `CloudEvents Create ${type}`,
      { kind: SpanKind.PRODUCER, attributes },
      below,
    )
    const event = { specversion: '1.0', id, source, type, traceparent: traceparentOf(create) }
    create.end()
    written[id] = event.traceparent
    const send = tracer.startSpan('send', { kind: SpanKind.CLIENT }, below)
    if (hub === undefined) await post(event, send)
    else {
      const properties = Object.entries(event).map(([name, value]) => [`cloudEvents_${name}`, value])
      await hub.sendBatch([
        {
          body: Buffer.from('{}'),
          contentType: 'application/json',
          properties: Object.fromEntries(properties),
        },
      ])
    }
    send.end()
    order.end()
  }
  await hub?.close()
  await flush()
  console.log(`Done: ${JSON.stringify(written)}`)
}

void run()
