import type { PluginNames } from '../plugin-names.ts'
import type { KindFiles } from './kind-files.ts'
import { otlpSample } from './otlp-sample.ts'

/** An exporter that posts spans as lines of JSON. */
export function exporterFiles(names: PluginNames): KindFiles {
  return {
    does: 'spans are posted as lines of JSON',
    files: {
      'src/index.ts': `export { ${names.factory} } from './exporter.ts'\n`,
      'src/exporter.ts': exporter(names),
      'src/sender.ts': sender,
      'src/settings.ts': settings,
      'src/to-lines.ts': toLines,
      'test/contract.test.ts': contractTest(names),
      'test/destination.ts': destination,
      'test/to-lines.test.ts': toLinesTest,
      'test/fixtures/traces.json': otlpSample,
      'test/fixtures/traces.expected.json': expectedFixture,
    },
    scripts: { destination: 'node test/destination.ts' },
    settings: settingsTable,
    shared:
      'It sends like every HTTP exporter and has all settings of one, such as `tls`, `auth`, `headers`, `compression`, `timeout`, `retry_on_failure` and `sending_queue`.',
    pipeline: pipeline(names),
    readme: {
      tryIt:
        'In another terminal, `npm run destination` stands in for the real thing and prints what arrives. The fixture is sent at every start.',
      example: `exporters:\n  ${names.type}:\n    endpoint: https://spans.example.com/lines`,
      mapping: `One line of JSON for each span:

| field | is |
|---|---|
| \`trace_id\`, \`span_id\`, \`parent_span_id\` | the ids in hex |
| \`service\` | resource attribute \`service.name\` |
| \`name\` | name |
| \`start\` | start, ISO 8601 |
| \`duration_ms\` | duration in milliseconds |
| \`error\` | message of the status ERROR |`,
      promises: `| answer | then |
|---|---|
| 2xx | the spans are delivered |
| 429, 502, 503, 504, or none | sent again as \`retry_on_failure\` says, with the \`Retry-After\` of the answer |
| any other | given up and counted; with \`sending_queue.dead_letters\` kept |`,
    },
  }
}

const exporter = ({
  type,
  factory,
}: PluginNames): string => `import { checkHttpClient, defineExporter, type ExporterFactory, httpClientSettings } from '@spanloom/core'

import { lineSender } from './sender.ts'
import { ownSettings } from './settings.ts'

/** Posts spans as lines of JSON. Queue, batches, retry and timeout are added by \`delivery\`. */
export const ${factory}: ExporterFactory = defineExporter({
  type: '${type}',
  stability: 'development',
  description: 'Posts spans as lines of JSON.',
  delivery: {},
  schema: { ...ownSettings, properties: { ...httpClientSettings, ...ownSettings.properties } },
  validate(config, report) {
    checkHttpClient(config, [], report)
  },
  create: lineSender,
})
`

const settings = `/** What can be set, beside what every HTTP exporter has. Types, checks, defaults and the README follow from it. */
export const ownSettings = {
  type: 'object',
  properties: {
    endpoint: { type: 'string', format: 'url', description: 'URL that takes the lines.' },
  },
  required: ['endpoint'],
} as const
`

const settingsTable = `
| setting | type | default | meaning |
|---|---|---|---|
| \`endpoint\` | url | required | URL that takes the lines. |
`

const sender = `import {
  bodyFormat,
  createCompressor,
  createHttpClient,
  type ExporterOptions,
  type ExporterSender,
  type HttpClient,
  type HttpClientConfig,
  type HttpResponse,
  parseBodyFormat,
  PermanentError,
  RetryableError,
} from '@spanloom/core'

import { toLines } from './to-lines.ts'

/** Statuses after which the same request may succeed. */
const passing: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** Makes requests of spans and sends each of them once. */
export function lineSender(
  options: ExporterOptions<HttpClientConfig & { readonly endpoint: string }>,
): ExporterSender {
  const { config, clock, telemetry, build } = options
  const url = new URL(config.endpoint)
  const compressor = createCompressor(config.compression, config.compression_params.level)
  // Kept with each stored request, because the settings may be others when it is sent.
  const current = bodyFormat({
    mediaType: 'application/x-ndjson',
    compression: compressor.contentEncoding,
  })
  let client: HttpClient | undefined

  return {
    format: current,
    async start(host) {
      client = await createHttpClient(config, { host, clock, logger: telemetry.logger, build })
    },
    encode: (traces) => compressor.compress(Buffer.from(toLines(traces))),
    async send(body, { signal, format = current }) {
      if (client === undefined) throw new Error('The exporter was not started.')
      const headers = headersOf(format)
      check(await client.request({ method: 'POST', url, headers, body, signal, maxResponseBytes: 1_024 }))
    },
    async shutdown(signal) {
      await client?.close(signal)
    },
  }
}

function headersOf(format: string): Readonly<Record<string, string>> {
  const { mediaType, compression } = parseBodyFormat(format)
  return {
    'content-type': mediaType,
    ...(compression === undefined ? {} : { 'content-encoding': compression }),
  }
}

/** Says what the destination said: nothing, try again, or never. */
function check({ status, headers }: HttpResponse): void {
  if (status >= 200 && status < 300) return
  const message = \`The destination answers with \${status}.\`
  if (!passing.has(status)) throw new PermanentError('REFUSED', message)
  const seconds = Number(headers['retry-after'])
  throw new RetryableError('BUSY', message, seconds > 0 ? { retryAfterMs: seconds * 1_000 } : {})
}
`

const toLines = `import type { Span, Traces } from '@spanloom/core'

/** One line of JSON for each span. */
export function toLines(traces: Traces): string {
  return [...traces.spans()].map((span) => \`\${JSON.stringify(lineOf(span))}\\n\`).join('')
}

function lineOf(span: Span): object {
  const { startTimeUnixNano: start, endTimeUnixNano: end, status } = span
  return {
    trace_id: span.traceId,
    span_id: span.spanId,
    // What is undefined is left out.
    parent_span_id: span.parentSpanId || undefined,
    service: span.resource.attribute('service.name'),
    name: span.name,
    start: new Date(Number(start / 1_000_000n)).toISOString(),
    duration_ms: Number(end - start) / 1e6,
    error: status.code === 'ERROR' ? status.message : undefined,
  }
}
`

const contractTest = ({
  factory,
}: PluginNames): string => `import { testExporterContract } from '@spanloom/core/testing'

import { ${factory} } from '../src/index.ts'
import { openDestination } from './destination.ts'

// What every exporter promises; a failure says how to mend it. A line does not hold everything that a span has.
testExporterContract(${factory}, { open: openDestination, exact: false })
`

const destination = `import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'

import { type Span, span } from '@spanloom/core'
import type { Destination, Treatment } from '@spanloom/core/testing'

const statusOf = { take: 200, busy: 503, refuse: 400 } as const

/** Opens a stand-in for the destination, which takes, refuses or hangs as it is told. */
export async function openDestination(port = 0, heard: (line: string) => void = () => undefined): Promise<Destination> {
  const taken: Span[] = []
  let decide: () => Treatment = () => 'take'
  const server = createServer(async (request, response) => {
    const treatment = decide()
    const body = await text(request).catch(() => '')
    if (treatment === 'hang') return
    if (treatment === 'take')
      for (const line of body.split('\\n').filter((line) => line !== '')) {
        heard(line)
        taken.push(spanOf(line))
      }
    response.writeHead(statusOf[treatment]).end()
  })
  server.listen(port, 'localhost')
  await once(server, 'listening')
  const address = server.address()
  const listening = typeof address === 'object' ? address?.port : undefined
  return {
    config: { endpoint: \`http://localhost:\${listening}/\` },
    spans: () => taken,
    treat: (by) => void (decide = by),
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function spanOf(line: string): Span {
  const { trace_id: traceId, span_id: spanId, name } = JSON.parse(line)
  return span({ traceId, spanId, name })
}

if (import.meta.main) {
  const { config } = await openDestination(4000, console.log)
  console.log('Listening:', config)
}
`

const toLinesTest = `import { readFileSync } from 'node:fs'

import { parseOtlpJson } from '@spanloom/core'
import { expect, it } from 'vitest'

import { toLines } from '../src/to-lines.ts'
import expected from './fixtures/traces.expected.json' with { type: 'json' }

const traces = parseOtlpJson(readFileSync('test/fixtures/traces.json'))

it('makes the expected lines of the fixture', () => {
  const lines = toLines(traces).trimEnd().split('\\n')

  expect(lines.map((line) => JSON.parse(line))).toEqual(expected)
})

it('makes nothing of nothing', () => {
  expect(toLines(traces.filter(() => false))).toBe('')
})
`

const expectedFixture = `${JSON.stringify(
  [
    {
      trace_id: '5b8efff798038103d269b633813fc60c',
      span_id: 'eee19b7ec3c1b174',
      service: 'shop',
      name: 'GET /orders',
      start: '2026-03-02T08:00:00.000Z',
      duration_ms: 2500,
    },
    {
      trace_id: '5b8efff798038103d269b633813fc60c',
      span_id: 'eee19b7ec3c1b175',
      parent_span_id: 'eee19b7ec3c1b174',
      service: 'shop',
      name: 'SELECT orders',
      start: '2026-03-02T08:00:00.100Z',
      duration_ms: 200,
    },
  ],
  undefined,
  2,
)}\n`

const pipeline = ({
  type,
}: PluginNames): string => `# What \`npm run dev\` runs: the fixture goes through the exporter, from its sources, to what \`npm run destination\` opens.
plugins:
  - ./src/index.ts
receivers:
  otlp_json_file:
    include: [./test/fixtures/traces.json]
    start_at: beginning
exporters:
  ${type}:
    endpoint: http://localhost:4000/
service:
  pipelines:
    traces:
      receivers: [otlp_json_file]
      exporters: [${type}]
  telemetry:
    metrics: { level: none }
`
