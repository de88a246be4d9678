// A program of somebody who installed the package: a pipeline in JavaScript. Two halves of a span come in over HTTP, one
// span goes out over HTTP. Prints the name and the length of the span that arrived.
import { once } from 'node:events'
import { createServer } from 'node:http'

import { runCollector } from '@spanloom/collector'

const listen = async (server) => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server.address().port
}

const arrived = Promise.withResolvers()
const backend = createServer(async (request, response) => {
  arrived.resolve(JSON.parse(Buffer.concat(await request.toArray()).toString()))
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
})
const backendPort = await listen(backend)
const taken = createServer()
const port = await listen(taken)
await new Promise((resolve) => taken.close(resolve))

const handle = await runCollector({
  config: {
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
    processors: { span_assembly: { profiles: { default: { settle: '50ms' } } } },
    exporters: {
      otlp_http: { endpoint: `http://127.0.0.1:${backendPort}`, encoding: 'json', compression: 'none' },
    },
    service: {
      pipelines: {
        traces: { receivers: ['otlp'], processors: ['span_assembly'], exporters: ['otlp_http'] },
      },
      telemetry: { logs: { level: 'warn' }, metrics: { level: 'none' } },
    },
  },
})

const ids = { traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174', name: 'transfer' }
for (const half of [
  { startTimeUnixNano: '1767225600000000000' },
  { endTimeUnixNano: '1767225602000000000' },
]) {
  const { status } = await fetch(`http://127.0.0.1:${port}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ ...ids, ...half }] }] }] }),
  })
  if (status !== 200) throw new Error(`The collector answered ${status}.`)
}

const { resourceSpans } = await arrived.promise
const [{ name, startTimeUnixNano, endTimeUnixNano }] = resourceSpans[0].scopeSpans[0].spans
console.log(`${name} ${(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano)) / 1_000_000n} ms`)
process.exitCode = await handle.stop()
backend.close()
