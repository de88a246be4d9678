import { readFile } from 'node:fs/promises'

import { toPlain } from '@spanloom/core/testing'
import type { Span } from '@spanloom/core/traces'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { freeAddress } from './free-port.ts'
import { findOtelcol } from './otelcol-binary.ts'
import { startOtelcol } from './otelcol.ts'
import { overGrpc, overHttp, pipelines, promptFile } from './pipelines.ts'
import { sendJson } from './send-traces.ts'
import { addressOf, startSpanloom } from './spanloom.ts'
import { temporaryFolder, tracesIn, waitForSpans } from './trace-files.ts'
import { withPeer } from './vitest.ts'

const otelcol = await findOtelcol()
const flow = new URL('../../config/samples/invictus-flow.json', import.meta.url)

/** Ways through a Collector: from OTLP to OTLP, with other requests in one batch, and through a file. */
const routes = ['direct', 'batched', 'file'] as const

const traceId = '5b8efff798038103d269b633813fc60c'
const link = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }
const service = [{ key: 'service.name', value: { stringValue: 'shop' } }]

describe('a real Collector', { timeout: 40_000 }, () => {
  withPeer('otelcol', otelcol, (binary) => {
    const resources = new AsyncDisposableStack()
    const folder = resources.use(temporaryFolder())
    const inputs = new Map<string, string>()
    let invictus: string

    beforeAll(async () => {
      const dir = folder.path
      for (const name of [...routes, 'finished']) inputs.set(name, await freeAddress())
      const spanloom = resources.use(await startSpanloom({ dir, config: configOfOurs(inputs) }))
      const [direct, batched] = [addressOf(spanloom, 'otlp', 'GRPC'), addressOf(spanloom, 'otlp', 'HTTP')]
      invictus = addressOf(spanloom, 'invictus', 'HTTP')
      const config = JSON.stringify(configOfTheirs(inputs, direct, batched))
      resources.use(await startOtelcol({ binary, dir, config }))
    }, 60_000)

    afterAll(() => resources.disposeAsync())

    test('passes fragments on, so that spans sent in halves are whole behind it', async () => {
      const cases = routes.flatMap((route, index) => [
        { route, spanId: `eee19b7ec3c1b1${index}1`, halves: [first, second] },
        { route, spanId: `eee19b7ec3c1b1${index}2`, halves: [second, first] },
      ])
      for (const { route, spanId, halves } of cases) {
        for (const half of halves) {
          expect(await sendJson(inputs.get(route) ?? '', JSON.stringify(half(spanId)))).toBe(200)
        }
      }

      const assembled = await waitForSpans(folder.file('assembled.json'), cases.length)

      const spans = Array.from(assembled.spans(), toPlain)
      const expected = cases.map(({ spanId }) => whole(spanId))
      expect(spans.toSorted(byId)).toEqual(expected.toSorted(byId))
    })

    test('takes the tree of spans that we make of Invictus events', async () => {
      const answer = await fetch(`http://${invictus}/`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: await readFile(flow),
      })
      await answer.arrayBuffer()
      expect(answer.status).toBe(200)

      await waitForSpans(folder.file('invictus.json'), 3)
      const spans = Array.from((await tracesIn(folder.file('invictus.json'))).spans())

      expect(spans).toHaveLength(3)
      const [invoice, validate, notify] = ['Invoice', 'Validate', 'Notify customer'].map((name) =>
        spans.find((span) => span.name === name),
      )
      const trace = 'edbd5ddbb20644378ac35401b148c8cb'
      expect(spans.map((span) => span.traceId)).toEqual([trace, trace, trace])
      expect(summary(invoice)).toEqual({
        parent: '',
        service: 'Invoice system',
        status: { code: 'UNSET', message: '' },
        milliseconds: 2200n,
      })
      expect(summary(validate)).toEqual({
        parent: invoice?.spanId,
        service: 'Invoice system',
        status: { code: 'UNSET', message: '' },
        milliseconds: 680n,
      })
      expect(summary(notify)).toEqual({
        parent: invoice?.spanId,
        service: 'Mail gateway',
        status: { code: 'ERROR', message: 'there was a failure during this operation' },
        milliseconds: 720n,
      })
      expect(invoice?.attributes).toMatchObject({
        'invictus.chain.id': 'edbd5ddb-b206-4437-8ac3-5401b148c8cb',
        'invictus.step.id': '8ecd1ea4-de94-4741-9c4a-a18477398299',
        'invictus.step.status': 'Completed',
        'invictus.data.MyKey1': 'MyValue1',
        'cloud.provider': 'azure',
        'spanloom.fragments': 2,
      })
      expect(notify?.attributes['error.type']).toBe('123')
      for (const { attributes } of spans) expect(attributes).not.toHaveProperty('spanloom.key')
    })
  })
})

function configOfOurs(inputs: ReadonlyMap<string, string>): object {
  const span_assembly = { profiles: { default: { settle: '300ms' } } }
  const invictus_assembly = { profiles: { invictus: { settle: '300ms' } } }
  const destination = {
    endpoint: inputs.get('finished'),
    tls: { insecure: true },
    // The Collector starts later, and the first connection fails.
    retry_on_failure: { initial_interval: '50ms', max_interval: '50ms' },
  }
  return pipelines({
    fragments: {
      from: {
        otlp: { protocols: { http: { endpoint: '127.0.0.1:0' }, grpc: { endpoint: '127.0.0.1:0' } } },
        otlp_json_file: { include: ['passed.json'], start_at: 'beginning', poll_interval: '20ms' },
      },
      through: { span_assembly },
      to: { file: { path: 'assembled.json' } },
    },
    invictus: {
      from: { invictus: { http: { endpoint: '127.0.0.1:0' }, assume_zone: 'UTC' } },
      through: { 'span_assembly/invictus': invictus_assembly },
      to: { otlp_grpc: destination },
    },
  })
}

function configOfTheirs(inputs: ReadonlyMap<string, string>, direct: string, batched: string): object {
  return pipelines({
    direct: {
      from: { 'otlp/direct': overHttp(inputs.get('direct')) },
      to: { otlp_grpc: { endpoint: direct, tls: { insecure: true } } },
    },
    batched: {
      from: { 'otlp/batched': overHttp(inputs.get('batched')) },
      through: { batch: { timeout: '200ms' } },
      to: { otlp_http: { endpoint: `http://${batched}`, compression: 'zstd' } },
    },
    file: {
      from: { 'otlp/file': overHttp(inputs.get('file')) },
      to: { 'file/passed': promptFile('passed.json') },
    },
    invictus: {
      from: { 'otlp/finished': overGrpc(inputs.get('finished')) },
      to: { 'file/invictus': promptFile('invictus.json') },
    },
  })
}

/** The beginning of a span, in the words of a program without any SDK. */
function first(spanId: string): object {
  return documentOf({
    traceId,
    spanId,
    name: 'checkout',
    kind: 2,
    startTimeUnixNano: '1767225600000000000',
    attributes: [
      { key: 'half', value: { stringValue: 'first' } },
      { key: 'cart', value: { intValue: '3' } },
    ],
    events: [{ timeUnixNano: '1767225600000000001', name: 'opened' }],
  })
}

/** Its end, from another process. */
function second(spanId: string): object {
  return documentOf({
    traceId,
    spanId,
    endTimeUnixNano: '1767225605000000000',
    attributes: [{ key: 'half', value: { stringValue: 'second' } }],
    links: [link],
    status: { code: 2, message: 'No money.' },
  })
}

const documentOf = (span: object): object => ({
  resourceSpans: [
    { resource: { attributes: service }, scopeSpans: [{ scope: { name: 'shop' }, spans: [span] }] },
  ],
})

const whole = (spanId: string): ReturnType<typeof toPlain> => ({
  resource: { 'service.name': 'shop' },
  traceId,
  spanId,
  parentSpanId: '',
  name: 'checkout',
  kind: 'SERVER',
  startTimeUnixNano: '1767225600000000000',
  endTimeUnixNano: '1767225605000000000',
  status: { code: 'ERROR', message: 'No money.' },
  attributes: { half: 'second', cart: 3, 'spanloom.fragments': 2 },
  events: [{ timeUnixNano: '1767225600000000001', name: 'opened', attributes: {} }],
  links: [{ ...link, attributes: {} }],
})

const byId = (one: { readonly spanId: string }, other: { readonly spanId: string }): number =>
  one.spanId < other.spanId ? -1 : 1

function summary(span: Span | undefined): object | undefined {
  return (
    span && {
      parent: span.parentSpanId,
      service: span.resource.attribute('service.name'),
      status: span.status,
      milliseconds: (span.endTimeUnixNano - span.startTimeUnixNano) / 1_000_000n,
    }
  )
}
