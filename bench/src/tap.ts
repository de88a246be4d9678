// What it costs that boundaries can be watched: `node bench/src/tap.ts`. The variants take turns in every round.
import { defaultRegistry, runCollector } from '@spanloom/collector'
import {
  Boundary,
  createRegistry,
  defineReceiver,
  entryOf,
  Junction,
  type Tap,
  Traces,
  type TracesConsumer,
} from '@spanloom/core'

import { otlpPayload } from './payload.ts'

const rounds = 15
const signal = new AbortController().signal
const batch = Traces.fromProtobuf(otlpPayload(100, 0))

/** Nanoseconds for each call. */
async function timeOf(calls: number, stage: TracesConsumer): Promise<number> {
  const begin = process.hrtime.bigint()
  for (let call = 0; call < calls; call++) await stage.consumeTraces(batch, { signal })
  return Number(process.hrtime.bigint() - begin) / calls
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.trunc(values.length / 2)] ?? 0
}

async function compare(
  title: string,
  calls: number,
  variants: Record<string, () => Promise<number>>,
): Promise<void> {
  const times = new Map(Object.keys(variants).map((name) => [name, [] as number[]]))
  for (const run of Object.values(variants)) await run()
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(variants)) times.get(name)?.push(await run())
  }
  process.stdout.write(`${title}, ${calls} calls a round, ${rounds} rounds, median:\n`)
  for (const [name, values] of times)
    process.stdout.write(`  ${name}: ${median(values).toFixed(0)} ns a batch\n`)
}

const end: TracesConsumer = { consumeTraces: () => Promise.resolve() }

/** One edge alone. */
async function junctions(): Promise<void> {
  const [bare, watchable] = [new Junction([end]), new Junction([end], new Boundary())]
  await compare('One edge', 1_000_000, {
    'no boundary': () => timeOf(1_000_000, bare),
    'a boundary that nobody watches': () => timeOf(1_000_000, watchable),
  })
}

/** A whole pipeline: what a receiver hands over until the exporter has it. */
async function pipeline(): Promise<void> {
  let next: TracesConsumer = end
  const receiver = defineReceiver({
    type: 'driver',
    stability: 'development',
    description: 'Hands over what the benchmark says.',
    schema: { type: 'object', properties: {}, additionalProperties: false },
    create(options) {
      next = options.next
      return { start: () => Promise.resolve(), shutdown: () => Promise.resolve() }
    },
  })
  const config = {
    receivers: { driver: {} },
    exporters: { nop: {} },
    service: {
      telemetry: { metrics: { level: 'none' }, logs: { level: 'error' } },
      pipelines: { traces: { receivers: ['driver'], exporters: ['nop'] } },
    },
  }
  const registry = createRegistry([...defaultRegistry.entries, entryOf(receiver)])
  await using handle = await runCollector({ config, registry })
  const calls = 200_000
  const tapped = (drain: (tap: Tap) => void) => async (): Promise<number> => {
    const tap = handle.collector.view.tap({ at: 'receivers/driver' })
    const time = timeOf(calls, {
      consumeTraces: (traces, context) => {
        drain(tap)
        return next.consumeTraces(traces, context)
      },
    })
    return time.finally(() => tap.close('left'))
  }
  await compare('A pipeline without processors', calls, {
    'nobody watches': () => timeOf(calls, next),
    'a tap whose reader is asleep': tapped(() => undefined),
    'a tap that is emptied all the time': tapped((tap) => void tap.take()),
  })
}

await junctions()
await pipeline()
