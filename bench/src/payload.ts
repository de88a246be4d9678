import { hash } from 'node:crypto'

import { Traces, TracesBuilder, type SpanInit } from '@spanloom/core'

const epoch = 1_767_225_600_000_000_000n

/** A span of about 620 bytes with a dozen attributes, as an instrumented HTTP service makes them. */
function spanInit(index: number, run: number): SpanInit {
  const startTime = epoch + BigInt(index) * 1_000_000n
  return {
    traceId: hash('md5', `trace ${run} ${Math.trunc(index / 8)}`),
    spanId: hash('md5', `span ${run} ${index}`).slice(0, 16),
    parentSpanId: index % 8 === 0 ? '' : hash('md5', `span ${run} ${index - 1}`).slice(0, 16),
    name: 'GET /api/v1/orders/{orderId}',
    kind: 'SERVER',
    startTime,
    endTime: startTime + 42_000_000n,
    attributes: {
      'http.request.method': 'GET',
      'url.scheme': 'https',
      'url.path': `/api/v1/orders/${100_000 + index}`,
      'http.route': '/api/v1/orders/{orderId}',
      'http.response.status_code': index % 50 === 0 ? 500 : 200,
      'network.protocol.version': '1.1',
      'server.address': 'orders.internal.example.com',
      'server.port': 8443,
      'client.address': `10.1.${index % 256}.17`,
      'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36',
      'app.tenant': `tenant-${index % 20}`,
      'app.cached': index % 3 === 0,
    },
    ...(index % 50 === 0 ? { status: { code: 'ERROR', message: 'upstream timed out' } } : {}),
  }
}

/** OTLP bytes of `spans` spans under one resource. */
export function otlpPayload(spans: number, run = 0): Uint8Array {
  const builder = new TracesBuilder({
    resource: {
      'service.name': 'orders',
      'service.version': '4.2.1',
      'deployment.environment.name': 'production',
      'host.name': 'orders-7c9f6d5b8-x2k4q',
    },
  })
  for (let index = 0; index < spans; index++) builder.add(spanInit(index, run))
  return builder.build().toProtobuf()
}

/** OTLP bytes of `spans` start fragments whose ids were never used before `first`. */
export function fragmentPayload(spans: number, first: number): Uint8Array {
  const builder = new TracesBuilder({ resource: { 'service.name': 'orders' } })
  for (let index = first; index < first + spans; index++) {
    const { endTime: _, ...started } = spanInit(index, 0)
    builder.add(started)
  }
  return builder.build().toProtobuf()
}

/** OTLP bytes of the end fragments that belong to `fragmentPayload`. */
export function endPayload(spans: number, first: number): Uint8Array {
  const builder = new TracesBuilder({ resource: { 'service.name': 'orders' } })
  for (let index = first; index < first + spans; index++) {
    const { traceId, spanId, name, endTime, status } = spanInit(index, 0)
    builder.add({ traceId, spanId, name, ...(endTime && { endTime }), ...(status && { status }) })
  }
  return builder.build().toProtobuf()
}

/** Spans in a batch of OTLP bytes. */
export const countSpans = (bytes: Uint8Array): number => Traces.fromProtobuf(bytes).spanCount

/** A JSON array of `events` Invictus events (about 600 bytes each): pairs that start and complete a step. */
export function invictusPayload(events: number, run: number): string {
  const base = Date.UTC(2026, 0, 1) + run * 1000
  const list = Array.from({ length: events }, (_, index) => {
    const step = Math.trunc(index / 2)
    const started = index % 2 === 0
    const digest = hash('md5', `chain ${run} ${Math.trunc(step / 4)}`)
    const guid = digest.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
    return {
      Id: hash('md5', `event ${run} ${index}`),
      Time: new Date(base + index * 5).toISOString(),
      ChainId: guid,
      Source: 'Functions',
      Step: {
        Id: `step-${run}-${step}`,
        Name: 'Book invoice in the ledger',
        Status: started ? 'Started' : 'Completed',
      },
      Mappings: { Domain: 'Invoicing', Action: 'New invoice', Service: 'Invoice system', Version: 'v1.2.3' },
      Properties: {
        Milestone: started ? 'Invoice received' : 'Invoice booked',
        EventText: `Invoice ${run}-${step} of customer 4711 was ${started ? 'received by the gateway' : 'written to the ledger'}`,
        Data: { InvoiceNumber: `INV-${run}-${step}`, Amount: '1299.90', Currency: 'EUR' },
      },
    }
  })
  return JSON.stringify(list)
}
