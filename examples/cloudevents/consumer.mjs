// The consumer: a mailer with a queue. What it takes over HTTP it processes later, in a trace of its own.
import { createServer } from 'node:http'

import { endSpan, exportSpans, startSpan } from './spans.mjs'

/** Starts it; `processed` resolves when `expected` events were processed. */
export async function startConsumer({ port, collector, expected }) {
  const done = Promise.withResolvers()
  const seen = []

  const server = createServer(async (request, response) => {
    await Array.fromAsync(request)
    response.writeHead(202).end()
    seen.push(request.headers['ce-traceparent'])
    await processEvent(request.headers, collector)
    if (seen.length === expected) done.resolve(seen)
  })
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
  return { processed: done.promise, close: () => server.close() }
}

async function processEvent(headers, collector) {
  const receive = startSpan('Receive', { kind: 'consumer' })
  // This consumer knows nothing of links. Its instrumentation captures headers, and the collector does the rest.
  const captured = Object.entries(headers)
    .filter(([name]) => name.startsWith('ce-'))
    .map(([name, value]) => [`http.request.header.${name}`, [value]])
  const process = startSpan(`CloudEvents Process ${headers['ce-type']}`, {
    kind: 'consumer',
    parent: receive,
    attributes: Object.fromEntries(captured),
  })
  endSpan(process)
  endSpan(receive)
  await exportSpans(collector, 'mailer', [receive, process])
}
