import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { command } from '../command.ts'
import { exampleFolder } from '../example-run.ts'
import { startCli } from '../process.ts'
import { seedConfig } from './seed-config.ts'
import { seedExamples } from './seed-examples.ts'

interface ExplainedField {
  readonly field: string
  readonly origin: 'copied' | 'derived' | 'constant'
  readonly sources: readonly { readonly kind: string; readonly text: string }[]
  readonly component?: string
}

interface Explained {
  readonly spans: readonly { readonly waiting?: true; readonly fields: readonly ExplainedField[] }[]
  readonly untried: number
}

const ports = {
  invictus: 8099,
  valuestream: 5000,
  cloudevents: 8080,
  relay: 8081,
  orchest: 4319,
  tapSockets: 9400,
  tapCallbacks: 9401,
  bridgeCallbacks: 9100,
  provider: 9300,
  tapProvider: 9301,
  api: 9000,
  hubs: 5672,
  backend: 4318,
}
const config = `yaml:${JSON.stringify(seedConfig(ports))}`

describe('explain on the examples of the documents of the sources', () => {
  it.each(seedExamples)('$name: every field has an origin', { timeout: 300_000 }, async (example) => {
    const { code, stdout, stderr } = await command([
      'explain',
      '--config',
      config,
      '--test',
      example.name,
      '--format',
      'json',
    ])
    expect([code, stderr]).toEqual([0, ''])
    const { spans, untried }: Explained = JSON.parse(stdout)
    expect(untried).toBe(0)
    const fields = spans.filter(({ waiting }) => waiting !== true).flatMap((span) => span.fields)
    expect(fields.length).toBeGreaterThan(0)
    for (const { field, origin, sources, component } of fields) {
      expect([field, component]).toEqual([field, expect.stringMatching(/^(?:receiver|processor) /)])
      expect([field, origin === 'constant']).toEqual([field, sources.length === 0])
    }
    // What the clock and chance make is what may differ in another run, and nothing else.
    const made = fields.filter(({ sources }) =>
      sources.some(({ kind }) => kind === 'clock' || kind === 'random'),
    )
    const names = new Set(made.map(({ field }) => field.replace(/\[\d+\]/, '[]')))
    const onlyLive = new Set(['attributes.spanloom.queue_ms'])
    expect([...names].toSorted()).toEqual(example.clockMade.filter((name) => !onlyLive.has(name)).toSorted())
  })

  it('needs nothing from a receiver that somebody else wrote', async () => {
    const folder = join(exampleFolder, '../examples/plugin')
    await using cli = startCli([
      'explain',
      '--config',
      join(folder, 'pipeline.yaml'),
      '--format',
      'json',
      join(folder, 'moves.json'),
    ])
    expect(await cli.exit).toBe(0)
    const { spans }: Explained = JSON.parse(cli.stdout())
    const sources = spans[0]?.fields.map(({ field, sources: all }) => [field, all.map(({ text }) => text)])
    expect(sources).toEqual([
      ['traceId', ['/0/container', 'setting receivers::crane::terminal']],
      ['spanId', ['/0/id']],
      ['name', []],
      ['startTimeUnixNano', ['/0/lifted']],
      ['endTimeUnixNano', ['/0/dropped']],
      ['attributes.crane.terminal', ['setting receivers::crane::terminal']],
      ['attributes.crane.container', ['/0/container']],
    ])
  })

  it('knows that an outcome is one word of a few', async () => {
    await using cli = startCli([
      'explain',
      '--config',
      join(exampleFolder, 'quickstart.yaml'),
      '--receiver',
      'invictus',
      '--format',
      'json',
      join(exampleFolder, 'samples', 'invictus-flow.json'),
    ])
    expect(await cli.exit).toBe(0)
    const { spans }: Explained = JSON.parse(cli.stdout())
    const codes = spans.flatMap(({ fields }) => fields.filter(({ field }) => field === 'status.code'))
    expect(codes.map(({ sources }) => sources.map(({ text }) => text))).toEqual([['/5/Step/Status']])
  })

  it('says of the message of the WebSocket document what comes from where', async () => {
    const { stdout } = await command([
      'explain',
      '--config',
      config,
      '--test',
      'WebSocket: a command through a bridge',
      '--format',
      'json',
    ])
    const { spans }: Explained = JSON.parse(stdout)
    const span = spans.find(({ fields }) =>
      fields.some(({ field }) => field === 'attributes.spanloom.operation'),
    )
    const texts = (name: string): readonly string[] | undefined =>
      span?.fields.find(({ field }) => field === name)?.sources.map(({ text }) => text)
    expect(texts('attributes.spanloom.trace_id')).toEqual(['/__headers__/trace-id'])
    expect(texts('traceId')).toContain('/__headers__/trace-id')
    expect(texts('parentSpanId')).toEqual(['/__headers__/span-id'])
    expect(texts('attributes.messaging.message.conversation_id')).toEqual(['/rID'])
    expect(texts('resource.service.name')).toEqual(['setting receivers::websocket/bridge::service_name'])
    expect(texts('resource.deployment.environment.name')).toEqual([
      'setting processors::resource::attributes::0::value',
    ])
  })
})
