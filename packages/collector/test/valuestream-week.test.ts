import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as elapse } from 'node:timers/promises'

import { freePort } from '@spanloom/interop'
import { expect, it } from 'vitest'

import { closedBooks } from './books.ts'
import { exampleFolder, temporaryFolder } from './example-run.ts'
import { type CliProcess, readySentence, startCli } from './process.ts'
import { figuresOf, inFull, post, type Recorded, shuffled, spansIn, week } from './valuestream-replay.ts'

/** Longer than it takes to send the week and to start again after a kill: what comes late is late within this. */
const settle = '10s'
const patienceMs = 90_000

interface Outcome {
  readonly spans: readonly string[]
  readonly figures: readonly string[]
}

interface Replay {
  readonly deliveries: readonly Recorded[]
  /** Kills the process when so many deliveries were answered, with others under way. */
  readonly killAfter?: number
  /** Sends no more then, and kills it only when spans have left. */
  readonly idle?: boolean
}

const senders = 4

/** Sends the week to the real command, with everything on disk, and answers what came out at its end. */
async function replay({ deliveries, killAfter = Infinity, idle = false }: Replay): Promise<Outcome> {
  await using folder = await temporaryFolder()
  const [http, metrics, admin] = [`127.0.0.1:${await freePort()}`, await freePort(), await freePort()]
  const file = join(folder.path, 'traces.jsonl')
  const overlay = {
    extensions: {
      file_storage: { directory: join(folder.path, 'state'), create_directory: true },
      admin: { endpoint: `127.0.0.1:${admin}` },
    },
    processors: { span_assembly: { storage: 'file_storage' } },
    connectors: { value_stream: { storage: 'file_storage' } },
    exporters: { file: { path: file, append: true } },
    service: {
      extensions: ['file_storage', 'admin'],
      pipelines: { 'traces/show': { receivers: ['value_stream'], processors: [], exporters: ['file'] } },
    },
  }
  const start = async (): Promise<CliProcess> => {
    const cli = startCli(
      [
        '--config',
        join(exampleFolder, 'valuestream-week.yaml'),
        '--config',
        `yaml:${JSON.stringify(overlay)}`,
      ],
      {
        env: {
          SPANLOOM_VALUESTREAM_ENDPOINT: http,
          SPANLOOM_METRICS_PORT: String(metrics),
          SPANLOOM_SETTLE: settle,
        },
      },
    )
    await cli.waitFor(readySentence)
    return cli
  }
  let cli = await start()
  try {
    const queue = [...deliveries]
    let answered = 0
    let killed = false
    const send = async (): Promise<void> => {
      while (!killed) {
        const next = queue.shift()
        if (next === undefined) return
        const status = await post(http, next).catch(() => 0)
        // Nobody answered: the sender sends it again, as Jira does.
        if (status !== 200 && status !== 202) queue.push(next)
        else if (++answered === killAfter) {
          killed = true
          if (!idle) cli.child.kill('SIGKILL')
        }
      }
    }
    await Promise.all(Array.from({ length: senders }, send))
    if (killed) {
      if (idle) await settledSpans(file, spansOfTheWeek / 4)
      cli.child.kill('SIGKILL')
      await cli.exit.catch(() => undefined)
      killed = false
      cli = await start()
      await Promise.all(Array.from({ length: senders }, send))
    }
    const spans = await settledSpans(file)
    await closedBooks(`http://127.0.0.1:${admin}`)
    const figures = await figuresOf(metrics)
    cli.signal('SIGTERM')
    expect(await cli.exit).toBe(0)
    // Nothing that is open leaves at the stop: it waits on disk for what is to come.
    expect(await distinctSpans(file)).toHaveLength(spans.length)
    return { spans, figures }
  } catch (error) {
    console.info(cli.stderr())
    throw error
  } finally {
    await cli[Symbol.asyncDispose]()
  }
}

/** At least once means that after a kill a span may stand in the file twice, byte for byte. */
const distinctSpans = async (file: string): Promise<readonly string[]> => {
  const text = await readFile(file, 'utf8').catch(() => '')
  return [...new Set(spansIn(text).map(inFull))].toSorted()
}

/** What the week comes to in a closed world; its open issue and pull request make none. */
const spansOfTheWeek = 197

async function settledSpans(file: string, count = spansOfTheWeek): Promise<readonly string[]> {
  for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await elapse(200)) {
    const spans = await distinctSpans(file)
    if (spans.length >= count) return spans
  }
  throw new Error(`Only ${(await distinctSpans(file)).length} spans came out.`)
}

const doubled = week.flatMap((delivery) => [delivery, delivery])
let reference: Promise<Outcome> | undefined
const inOrder = (): Promise<Outcome> => (reference ??= replay({ deliveries: week }))

it('makes spans and figures of the week', { timeout: 120_000 }, async () => {
  const { spans, figures } = await inOrder()
  expect(spans).toHaveLength(spansOfTheWeek)
  for (const figure of [
    'deployment_frequency{connector="value_stream",statistic="mean"} 1',
    'change_failure_rate{connector="value_stream",statistic="mean"} 0.25',
    'rework_rate{connector="value_stream",statistic="mean"} 0.5',
    'samples{connector="value_stream",figure="lead_time"} 7',
    'failures{connector="value_stream",cause="rollback"} 1',
    'funnel{connector="value_stream",figure="deployment_frequency",stage="received"} 13',
    'excluded{connector="value_stream",figure="lead_time",stage="classified",reason="not_merged"} 1',
  ])
    expect(figures).toContain(`otelcol_connector_value_stream_${figure}`)
})

it.each<readonly [string, Replay]>([
  ['shuffled', { deliveries: shuffled(week, 7) }],
  ['doubled', { deliveries: doubled }],
  ['with a kill -9 in between', { deliveries: week, killAfter: 111 }],
  ['with a kill -9 after half of it has left', { deliveries: week, killAfter: 130, idle: true }],
  ['shuffled, doubled and with a kill -9', { deliveries: shuffled(doubled, 11), killAfter: 200 }],
])('makes the same of the week %s', { timeout: 240_000 }, async (_, how) => {
  const [expected, outcome] = [await inOrder(), await replay(how)]
  const differing = new Set(outcome.spans).symmetricDifference(new Set(expected.spans))
  expect([...differing]).toEqual([])
  expect(outcome.figures).toEqual(expected.figures)
})
