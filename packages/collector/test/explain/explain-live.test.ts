import type { AddressInfo } from 'node:net'
import { setTimeout as elapse } from 'node:timers/promises'

import { parseOtlpJson, type Span } from '@spanloom/core/traces'
import { freePort } from '@spanloom/interop'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { fieldsOf, textOf } from '../../src/explain/span-fields.ts'
import { command } from '../command.ts'
import { OtlpBackend } from '../otlp-backend.ts'
import { readySentence, startCli } from '../process.ts'
import { WebSocketProvider } from '../websocket-provider.ts'
import { LiveSenders, listenApi } from './live-senders.ts'
import { seedConfig } from './seed-config.ts'
import { type SeedExample, seedExamples } from './seed-examples.ts'

const spansInAll = seedExamples.reduce((sum, { spans }) => sum + spans, 0)
/** Everything that the real process sent. */
let live: readonly Span[] = []
let config = ''
const resources = new AsyncDisposableStack()

beforeAll(async () => {
  const provider = resources.use(await WebSocketProvider.listen())
  const tapProvider = resources.use(await WebSocketProvider.listen())
  const backend = resources.use(await OtlpBackend.listen())
  const api = await listenApi()
  resources.defer(() => {
    api.close()
    api.closeAllConnections()
  })
  const portOf = (address: string): number => Number(address.split(':').at(-1))
  const free = await Promise.all(Array.from({ length: 9 }, () => freePort()))
  const [
    invictus,
    valuestream,
    cloudevents,
    relay,
    orchest,
    tapSockets,
    tapCallbacks,
    bridgeCallbacks,
    hubs,
  ] = free as [number, number, number, number, number, number, number, number, number]
  const ports = {
    invictus,
    valuestream,
    cloudevents,
    relay,
    orchest,
    tapSockets,
    tapCallbacks,
    bridgeCallbacks,
    hubs,
    provider: portOf(provider.address),
    tapProvider: portOf(tapProvider.address),
    api: (api.address() as AddressInfo).port,
    backend: portOf(backend.url),
  }
  config = `yaml:${JSON.stringify(seedConfig(ports))}`
  const cli = resources.use(startCli(['--config', config]))
  await cli.waitFor(readySentence)
  const senders = resources.use(new LiveSenders(ports, provider, tapProvider))
  for (const { input } of seedExamples) for (const each of input) await senders.send(each)
  // What does not come is told by the tests.
  await Promise.race([backend.waitForSpans(spansInAll), elapse(60_000, undefined, { ref: false })])
  live = backend.spans
}, 120_000)

afterAll(() => resources.disposeAsync())

describe('explain on the examples of the documents of the sources', () => {
  it.each(seedExamples)('$name: equals what the live run sends', async (example) => {
    const { code, stdout, stderr } = await command([
      'explain',
      '--config',
      config,
      '--test',
      example.name,
      '--format',
      'otlp',
    ])
    expect([code, stderr]).toEqual([0, ''])
    const explained = stdout
      .split('\n')
      .filter((line) => line !== '')
      .flatMap((line) => [...parseOtlpJson(line).spans()])
    expect(explained).toHaveLength(example.spans)
    expect(counterparts(explained, example)).toEqual(explained.map((span) => comparable(span, example)))
  })

  it('is all that the live run sends', () => {
    expect(live).toHaveLength(spansInAll)
  })
})

/** What of a span can be the same in two runs. */
function comparable(span: Span, { clockMade }: SeedExample): Readonly<Record<string, string>> {
  const fields = [...fieldsOf(span)].filter(([field]) => !clockMade.includes(field.replace(/\[\d+\]/, '[]')))
  return Object.fromEntries(fields.map(([field, value]) => [field, textOf(value)]))
}

/** The spans of the live run that stand for these; where there is none, the nearest of its name. */
function counterparts(spans: readonly Span[], example: SeedExample): readonly object[] {
  return spans.map((span) => {
    const wanted = comparable(span, example)
    const candidates = live
      .filter(({ name }) => name === span.name)
      .map((each) => comparable(each, example))
      .toSorted((a, b) => differences(a, wanted) - differences(b, wanted))
    return candidates[0] ?? {}
  })
}

function differences(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): number {
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...names].filter((name) => one[name] !== other[name]).length
}
