// Type-checked in a project that has the packages installed: a receiver of somebody's own with its contract test, a
// collector that has it, and the kit.
import { defaultRegistry, runCollector, type CollectorHandle } from '@spanloom/collector'
import {
  createRegistry,
  dataParser,
  defineReceiver,
  entryOf,
  httpServerSettings,
  httpSource,
  httpSourceSettings,
  span,
  Traces,
  type HttpSource,
  type ReceiverFactory,
} from '@spanloom/core'
import { testReceiverContract, TracesSink } from '@spanloom/core/testing'
import { toOtlpJson } from '@spanloom/core/traces'
import { createKit, type Kit } from '@spanloom/websocket-kit'

const parseMove = dataParser({
  type: 'object',
  properties: { id: { type: 'string' }, lifted: { type: 'string' } },
  required: ['id', 'lifted'],
})

export const craneReceiver: ReceiverFactory<HttpSource> = defineReceiver({
  type: 'crane',
  stability: 'development',
  schema: {
    type: 'object',
    properties: {
      ...httpServerSettings,
      ...httpSourceSettings,
      endpoint: { ...httpServerSettings.endpoint, default: 'localhost:9000' },
      terminal: { type: 'string', description: 'Name of the terminal.' },
    },
    required: ['terminal'],
    additionalProperties: false,
  },
  create: (options) =>
    httpSource(options, (request) => {
      const { id, lifted } = parseMove(request.json())
      const move = span({
        traceId: id.padStart(32, '0'),
        spanId: id.padStart(16, '0'),
        name: 'crane move',
        startTime: BigInt(lifted),
        attributes: { 'crane.terminal': options.config.terminal },
      })
      return options.next.consumeTraces(Traces.of([move]), request.context)
    }),
})

testReceiverContract(craneReceiver, {
  config: { endpoint: '127.0.0.1:0', terminal: 'north' },
  async send({ url }, event) {
    if (url === undefined) return 'rejected'
    const { ok } = await fetch(url, {
      method: 'POST',
      body: JSON.stringify({ id: String(event), lifted: '1' }),
    })
    return ok ? 'accepted' : 'retry'
  },
})

export const handle: CollectorHandle = await runCollector({
  config: 'pipeline.yaml',
  registry: createRegistry([...defaultRegistry.entries, entryOf(craneReceiver)]),
})

const sink = new TracesSink()
export const shown: readonly string[] = sink.batches.map((batch) => JSON.stringify(toOtlpJson(batch)))

export const kit: Kit = createKit({
  callback: { url: 'https://connector.example.test/callback/{operation}' },
})
await kit.callback({ categories: [] })

// @ts-expect-error The types are there: a name that is none is told.
await runCollector({ configuration: 'pipeline.yaml' })
