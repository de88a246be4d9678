// The producer: a shop that creates events and sends them to the broker.
import { randomUUID } from 'node:crypto'

import { endSpan, exportSpans, startSpan, traceparentOf } from './spans.mjs'

/**
 * Creates an event and sends it in binary mode. With `instrumented: false` nobody creates a span for it, as in a shop
 * that knows nothing of tracing: then the broker does.
 */
export async function placeOrder({ broker, collector, instrumented }) {
  const event = {
    specversion: '1.0',
    id: randomUUID(),
    source: '/shop/orders',
    type: 'com.example.order.created',
    subject: 'order 1001',
  }
  const checkout = startSpan('checkout')
  const spans = [checkout]
  if (instrumented) {
    const create = startSpan(`CloudEvents Create ${event.type}`, {
      kind: 'producer',
      parent: checkout,
      attributes: {
        'cloudevents.event_id': event.id,
        'cloudevents.event_source': event.source,
        'cloudevents.event_type': event.type,
      },
    })
    endSpan(create)
    spans.push(create)
    // The context of the creation travels with the event and is never changed again.
    event.traceparent = traceparentOf(create)
  }
  const send = startSpan('POST', { kind: 'client', parent: checkout })
  spans.push(send)
  const attributes = Object.entries(event).map(([name, value]) => [`ce-${name}`, encodeURIComponent(value)])
  const response = await fetch(broker, {
    method: 'POST',
    // The context of the hop travels beside it.
    headers: {
      ...Object.fromEntries(attributes),
      'content-type': 'application/json',
      traceparent: traceparentOf(send),
    },
    body: '{"total":12.50}',
  })
  endSpan(send)
  endSpan(checkout)
  await exportSpans(collector, 'shop', spans)
  return response.status
}
