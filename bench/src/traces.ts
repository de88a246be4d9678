// Measures the codec alone: `node bench/src/traces.ts [name…]` prints CPU nanoseconds for each span, best of seven rounds.
import {
  parseOtlpJson,
  Resource,
  span,
  type SpanInit,
  toOtlpJson,
  Traces,
  TracesBuilder,
} from '@spanloom/core/traces'

const batchSize = 1000
const rounds = 7
const roundMillis = 150

const resource = Resource.of({
  'service.name': 'checkout',
  'service.version': '1.4.2',
  'host.name': 'node-17',
})

const inits = Array.from({ length: batchSize }, (_, index): SpanInit => {
  const start = 1_767_225_600_000_000_000n + BigInt(index) * 1_000_000n
  return {
    traceId: (index + 1).toString(16).padStart(32, 'a'),
    spanId: (index + 1).toString(16).padStart(16, 'b'),
    parentSpanId: 'c'.repeat(16),
    name: `POST /orders/${index % 7}`,
    kind: 'SERVER',
    startTime: start,
    endTime: start + 5_000_000n,
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/orders/{id}/items',
      'http.response.status_code': 200,
      'url.full': `https://shop.example.org/orders/${index}/items?page=3`,
      'server.address': 'shop.example.org',
      'server.port': 443,
      'client.address': '10.1.2.3',
      'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0',
      'order.total': 17.25,
      'order.express': true,
      'messaging.destination.name': 'orders',
      'thread.id': index,
    },
    status: { code: 'OK' },
  }
})

const traces = buildAll()
const bytes = traces.toProtobuf()
const json = toOtlpJson(traces)

const cases: Readonly<Record<string, () => unknown>> = {
  validate: () => Traces.fromProtobuf(bytes),
  count: () => Traces.trusted(bytes),
  'walk spans': () => {
    let count = 0
    for (const one of traces.spans()) count += one.end
    return count
  },
  'forEach span': () => {
    let count = 0
    traces.forEach((one) => (count += one.end))
    return count
  },
  'ids and name': () => {
    let length = 0
    traces.forEach((one) => (length += one.traceId.length + one.spanId.length + one.name.length))
    return length
  },
  'one attribute': () => traces.filter((one) => one.attribute('order.express') === true),
  'all attributes': () => {
    let count = 0
    traces.forEach((one) => (count += Object.keys(one.attributes).length))
    return count
  },
  'filter half': () => {
    let index = 0
    return traces.filter(() => index++ % 2 === 0)
  },
  'append an attribute': () =>
    traces.map((one) => one.with({ attributes: { 'deployment.environment': 'test' } })),
  'replace an attribute': () => traces.map((one) => one.with({ attributes: { 'http.route': '/orders' } })),
  'split by 100': () => traces.split(100, 'items'),
  'map resources': () => traces.mapResources((one) => one.with({ attributes: { zone: 'west' } })),
  regroup: () => Traces.of(traces.spans()),
  build: buildAll,
  'make spans one by one': () => inits.map((init) => span(init)),
  'to JSON': () => toOtlpJson(traces),
  'from JSON': () => parseOtlpJson(json),
}

function buildAll(): Traces {
  const builder = new TracesBuilder({ resource })
  for (const init of inits) builder.add(init)
  return builder.build()
}

/** Time of the processor, which neighbours on the machine disturb less than time of the clock. */
function nanosPerSpan(run: () => unknown): number {
  const start = process.cpuUsage()
  let times = 0
  let micros = 0
  while (micros < roundMillis * 1000) {
    run()
    times++
    const { user, system } = process.cpuUsage(start)
    micros = user + system
  }
  return (micros * 1000) / times / batchSize
}

const wanted = process.argv.slice(2)
process.stdout.write(
  `${batchSize} spans, ${bytes.length} bytes, ${Math.round(bytes.length / batchSize)} for each span\n`,
)
for (const [name, run] of Object.entries(cases)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const best = Math.min(...Array.from({ length: rounds }, () => nanosPerSpan(run)))
  process.stdout.write(
    `${name.padEnd(24)} ${best.toFixed(0).padStart(7)} ns  ${(1e6 / best).toFixed(0).padStart(8)} K spans/s\n`,
  )
}
