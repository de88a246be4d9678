import { fileURLToPath } from 'node:url'

import { decodeHttpBinary, decodeJson, decodeJsonBatch } from '@spanloom/cloudevents'
import { freePort, startProcess } from '@spanloom/interop'
import { HTTP } from 'cloudevents'

import type { EventRequest } from './event-sender.ts'
import { figuresOf, measure, type Round } from './measure.ts'
import type { Section } from './pass-through.ts'
import { startSpanloom } from './systems.ts'
import { startWorker } from './worker-process.ts'

const attributes = {
  specversion: '1.0',
  id: 'order-1001',
  source: '/shop/orders',
  type: 'com.example.order.created',
  time: '2026-01-15T10:00:00.123Z',
  subject: 'order',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01',
}
const data = '{"total":12,"currency":"EUR"}'

/** Headers as both sides want them: those of a request of HTTP, other ones among them. */
const headers = {
  host: 'collector.test',
  connection: 'keep-alive',
  accept: '*/*',
  'content-length': String(data.length),
  'content-type': 'application/json',
  ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value])),
}
const distinct = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]))
const document = `{${JSON.stringify({ ...attributes, datacontenttype: 'application/json' }).slice(1, -1)},"data":${data}}`

interface Decoding {
  readonly variant: string
  /** Events that one call decodes. */
  readonly events: number
  readonly decode: () => unknown
}

/** What is compared: the same event, read by us and by the package of the CloudEvents project. */
function decodings(): ReadonlyMap<string, readonly Decoding[]> {
  const body = Buffer.from(data)
  const json = Buffer.from(document)
  const batch = Buffer.from(`[${Array.from({ length: 100 }, () => document).join(',')}]`)
  const structured = { 'content-type': 'application/cloudevents+json; charset=utf-8' }
  const batched = { 'content-type': 'application/cloudevents-batch+json; charset=utf-8' }
  const ours = 'Spanloom'
  const theirs = 'cloudevents package'
  return new Map<string, readonly Decoding[]>([
    [
      'binary mode',
      [
        { variant: ours, events: 1, decode: () => decodeHttpBinary(distinct, body) },
        { variant: theirs, events: 1, decode: () => HTTP.toEvent({ headers, body: data }) },
      ],
    ],
    [
      'structured mode',
      [
        { variant: ours, events: 1, decode: () => decodeJson(json) },
        {
          variant: theirs,
          events: 1,
          decode: () => HTTP.toEvent({ headers: structured, body: json.toString() }),
        },
      ],
    ],
    [
      'batches of 100',
      [
        { variant: ours, events: 100, decode: () => decodeJsonBatch(batch) },
        {
          variant: theirs,
          events: 100,
          decode: () => HTTP.toEvent({ headers: batched, body: batch.toString() }),
        },
      ],
    ],
  ])
}

/** Decoding alone on one core beside the `cloudevents` package, and over HTTP beside a bare server. */
export async function cloudEvents(
  options: { readonly rounds: number; readonly events: number; readonly requests: number },
  log: (line: string) => void,
): Promise<Section[]> {
  const sections: Section[] = []
  for (const [mode, variants] of decodings()) sections.push(await decodeOnly(mode, variants, options, log))
  sections.push(await overHttp(options, log))
  return sections
}

async function decodeOnly(
  mode: string,
  variants: readonly Decoding[],
  { rounds, events }: { readonly rounds: number; readonly events: number },
  log: (line: string) => void,
): Promise<Section> {
  const measured = variants.map((): Round[] => [])
  // The variants take turns, so that what else the machine does hits both. The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const [index, { events: perCall, decode }] of variants.entries()) {
      const calls = Math.ceil(events / perCall)
      const work = (): Promise<void> => {
        for (let call = 0; call < calls; call++) decode()
        return Promise.resolve()
      }
      const one = await measure(process.pid, calls * perCall, work)
      if (round > 0) measured[index]?.push(one)
    }
    log(`cloudevents, decoding, ${mode}: round ${round} of ${rounds}`)
  }
  const figures = variants.map(({ variant }, index) => figuresOf(variant, measured[index] ?? []))
  const [ours, theirs] = figures.map(({ perCpuSecondMedian }) => perCpuSecondMedian)
  const times = ((ours ?? 0) / (theirs ?? 1)).toFixed(1)
  return {
    title: `CloudEvents decoding, ${mode}`,
    unit: 'events',
    figures,
    notes: [`Decoding without transport; Spanloom is ${times} times as fast (median).`],
  }
}

const config = (listen: string): string => `
receivers:
  cloudevents: { http: { endpoint: "${listen}" } }
exporters:
  nop:
service:
  pipelines:
    traces: { receivers: [cloudevents], exporters: [nop] }
  telemetry: { logs: { level: info }, metrics: { level: none } }
`

async function overHttp(
  { rounds, requests }: { readonly rounds: number; readonly requests: number },
  log: (line: string) => void,
): Promise<Section> {
  await using sender = startWorker<EventRequest, number>(new URL('event-sender.ts', import.meta.url))
  const listen = `127.0.0.1:${await freePort()}`
  await using collector = await startSpanloom(config(listen))
  await using echo = await startProcess({
    command: process.execPath,
    args: [fileURLToPath(new URL('plain-echo.ts', import.meta.url))],
    ready: /ready on (\d+)/,
  })
  const systems = [
    { variant: 'Spanloom, events to spans', pid: collector.pid, target: `http://${listen}/events` },
    { variant: 'bare node:http echo', pid: echo.pid, target: `http://127.0.0.1:${echo.ready[1]}/` },
  ]
  const measured = systems.map((): Round[] => [])
  for (let round = 0; round <= rounds; round++) {
    for (const [index, { pid, target }] of systems.entries()) {
      const first = round * requests
      const work = async (): Promise<void> => {
        await sender.call({ target, requests, concurrency: 32, first })
      }
      const one = await measure(pid, requests, work)
      if (round > 0) measured[index]?.push(one)
    }
    log(`cloudevents over HTTP: round ${round} of ${rounds}`)
  }
  const figures = systems.map(({ variant }, index) => figuresOf(variant, measured[index] ?? []))
  const [ours, bare] = figures.map(({ perCpuSecondMedian }) => perCpuSecondMedian)
  const share = Math.round((100 * (ours ?? 0)) / (bare ?? 1))
  return {
    title: 'CloudEvents over HTTP, one event per request',
    unit: 'requests',
    figures,
    notes: [`Spanloom handles ${share} % of the requests that the bare echo handles in the same CPU time.`],
  }
}
