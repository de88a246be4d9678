// Compares Spanloom with its peers in one run and writes a Markdown table and JSON to bench/results/.
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { cloudEvents } from './cloudevents.ts'
import { coldStart } from './cold-start.ts'
import { eventHubs } from './eventhubs.ts'
import { eventsToSpans } from './events-to-spans.ts'
import { loopDelay } from './loop-delay.ts'
import { openSpans } from './open-spans.ts'
import { passThrough } from './pass-through.ts'
import { machine, markdownOf, type Report } from './report.ts'
import { steady } from './steady.ts'
import { storedSpans } from './stored-spans.ts'
import { valuestream } from './valuestream.ts'
import { websocket } from './websocket.ts'

const usage = `Usage: npm run bench -- [--only <name>]… [--rounds <n>] [--smoke]

  --only     pass-through, events, cloudevents, eventhubs, steady, open-spans, stored-spans, loop-delay, valuestream, websocket, cold-start; all when absent
  --rounds   measured rounds for each variant (default 5)
  --smoke    one tiny round of everything, to see that the benchmarks run
`

const log = (line: string): void => void process.stderr.write(`${line}\n`)

/** Enough work for the clock ticks in which CPU time is counted, without waiting for ever on the small batches. */
const spansPerRound =
  (smoke: boolean) =>
  (batchSize: number): number =>
    smoke ? 1000 : batchSize === 1 ? 20_000 : batchSize < 1000 ? 200_000 : 500_000

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      rounds: { type: 'string', default: '5' },
      smoke: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(usage)
    return
  }
  const wanted = (name: string): boolean => values.only === undefined || values.only.includes(name)
  const smoke = values.smoke
  const rounds = smoke ? 1 : Number(values.rounds)
  const startedAt = new Date().toISOString()

  const report: Report = {
    startedAt,
    node: process.version,
    machine: machine(),
    sections: [
      ...(wanted('pass-through')
        ? await passThrough(
            { batchSizes: smoke ? [100] : [1, 100, 1000], rounds, spans: spansPerRound(smoke) },
            log,
          )
        : []),
      ...(wanted('websocket') ? await websocket({ rounds, commands: smoke ? 1000 : 200_000 }, log) : []),
      ...(wanted('events')
        ? await eventsToSpans(
            { perRequest: smoke ? [100] : [1, 100], rounds, events: smoke ? 1000 : 40_000 },
            log,
          )
        : []),
      ...(wanted('cloudevents')
        ? await cloudEvents({ rounds, events: smoke ? 1000 : 300_000, requests: smoke ? 100 : 20_000 }, log)
        : []),
      ...(wanted('eventhubs') ? await eventHubs({ rounds, events: smoke ? 2000 : 200_000 }, log) : []),
      ...(wanted('valuestream')
        ? [
            await valuestream(
              { perSecond: smoke ? 100 : 2000, seconds: smoke ? 1 : 10, bytes: 20_000, rounds },
              log,
            ),
          ]
        : []),
    ],
    ...(wanted('steady')
      ? { steady: await steady({ spansPerSecond: smoke ? 1000 : 10_000, seconds: smoke ? 1 : 60 }, log) }
      : {}),
    ...(wanted('open-spans') ? { openSpans: await openSpans(smoke ? 1000 : 1_000_000, log) } : {}),
    ...(wanted('stored-spans') ? { storedSpans: await storedSpans(smoke ? 1000 : 1_000_000, log) } : {}),
    ...(wanted('loop-delay')
      ? {
          loopDelay: await loopDelay(
            { fragmentsPerSecond: smoke ? 1000 : 10_000, seconds: smoke ? 1 : 30 },
            log,
          ),
        }
      : {}),
    ...(wanted('cold-start') ? { coldStartMs: await coldStart(smoke ? 1 : 20) } : {}),
  }
  const markdown = markdownOf(report)
  process.stdout.write(markdown)
  if (smoke) return
  const results = fileURLToPath(new URL('../results/', import.meta.url))
  mkdirSync(results, { recursive: true })
  const name = startedAt.replaceAll(/[:.]/g, '-')
  writeFileSync(`${results}${name}.md`, markdown)
  writeFileSync(`${results}${name}.json`, `${JSON.stringify(report, null, 2)}\n`)
  log(`Written to bench/results/${name}.md and .json`)
}

void main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
