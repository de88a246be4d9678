import { once } from 'node:events'
import { setTimeout as elapse } from 'node:timers/promises'

import { seededRandom } from '@spanloom/core/testing'
import { startLocalEventHubs } from '@spanloom/eventhubs/local'

import { temporaryFolder } from '../example-run.ts'
import { type CliProcess, readySentence, startCli } from '../process.ts'
import { type ArrivedSpans, overHub, overOtlp } from './arrived-spans.ts'
import { FlowLoad } from './flow-load.ts'

/** How often the receiver is killed, over how many events. */
export interface HubKillsOptions {
  readonly rounds: number
  readonly events: number
  readonly seed: number
  /** Where the spans go: over OTLP, or to another hub. Default `otlp`. */
  readonly to?: 'otlp' | 'hub'
  /** Called at the end of each round. */
  readonly onRound?: (round: number, arrived: number) => void
}

/** What became of the events. */
export interface HubKillsReport {
  readonly events: number
  readonly expected: number
  /** Spans that never came. */
  readonly lost: readonly string[]
  /** Spans that nobody sent, by trace id and name. */
  readonly extra: readonly string[]
  /** Spans with another parent, status or without one of their ends. */
  readonly wrong: readonly string[]
  /** Spans that came again as they were, which is legal. */
  readonly repeated: number
  /** Spans that came again with other content. */
  readonly changed: readonly string[]
  /** Lines of the log that hold the key of the hub. */
  readonly leaks: number
}

const hub = 'flows'
const spansHub = 'spans'
const patienceMs = 120_000

/**
 * Kills a collector again and again while it reads Invictus events from a hub, and looks at what arrived when it is
 * left alone at last: hub, checkpoints on disk, assembler on disk, queue on disk, destination.
 */
export async function hubKills({
  rounds,
  events,
  seed,
  to = 'otlp',
  onRound,
}: HubKillsOptions): Promise<HubKillsReport> {
  const random = seededRandom(seed)
  await using folder = await temporaryFolder()
  await using hubs = await startLocalEventHubs({
    hubs: [hub, spansHub].map((name) => ({ name, partitions: 4 })),
  })
  await using arrived = to === 'hub' ? overHub(hubs, spansHub) : await overOtlp()
  const load = new FlowLoad(hubs, hub)
  const config = configOf({
    directory: folder.path,
    exporter: arrived.exporter,
    connection: hubs.connectionString(hub),
  })
  let log = ''
  const feed = async (share: number): Promise<void> => {
    for (let left = share; left > 0; left -= 400) {
      load.append(Math.min(400, left))
      await elapse(5)
    }
  }

  for (let round = 1; round <= rounds; round++) {
    await using cli = await started(config)
    const feeding = feed(Math.floor(events / (rounds + 1)))
    // Mostly in the middle of the work, now and then already at its beginning.
    if (random() < 0.8) await arrivals(arrived, arrived.spans.size + 1, 10_000)
    await elapse(random() * 1_500)
    cli.child.kill('SIGKILL')
    await once(cli.child, 'close')
    log += cli.stderr()
    await feeding
    onRound?.(round, arrived.spans.size)
  }

  await using cli = await started(config)
  await feed(events - load.events)
  await arrivals(arrived, load.expected.size, patienceMs)
  cli.signal('SIGTERM')
  await cli.exit
  log += cli.stderr()
  return { ...judged(load, arrived), leaks: log.split(hubs.key).length - 1 }
}

async function started(config: object): Promise<CliProcess> {
  const cli = startCli(['--config', `yaml:${JSON.stringify(config)}`])
  await cli.waitFor(readySentence)
  return cli
}

/** Waits for so many spans, or until patience is at its end. */
async function arrivals(arrived: ArrivedSpans, count: number, patience: number): Promise<void> {
  for (const end = performance.now() + patience; performance.now() < end; await elapse(200)) {
    arrived.look()
    if (arrived.spans.size >= count) return
  }
}

function judged(load: FlowLoad, arrived: ArrivedSpans): Omit<HubKillsReport, 'leaks'> {
  const seen = new Set<string>()
  const extra: string[] = []
  const wrong: string[] = []
  for (const span of arrived.spans.values()) {
    const name = `${span.traceId}/${span.name}`
    const expected = load.expected.get(name)
    if (expected === undefined || seen.has(name)) extra.push(name)
    else {
      const isRight =
        (span.parentSpanId !== '') === expected.parent &&
        (span.status.code === 'ERROR') === expected.failed &&
        span.attribute('spanloom.incomplete') === undefined &&
        span.endTimeUnixNano > span.startTimeUnixNano
      if (!isRight) wrong.push(name)
    }
    seen.add(name)
  }
  const lost = [...load.expected.keys()].filter((name) => !seen.has(name))
  const { changed, repeated } = arrived
  return { events: load.events, expected: load.expected.size, lost, extra, wrong, repeated, changed }
}

interface Ends {
  readonly directory: string
  readonly connection: string
  readonly exporter: ArrivedSpans['exporter']
}

function configOf({ directory, connection, exporter }: Ends): object {
  const exporters = Object.keys(exporter)
  return {
    receivers: { invictus: { event_hub: { connection, storage: 'file_storage' } } },
    processors: { span_assembly: { storage: 'file_storage', profiles: { invictus: { settle: '200ms' } } } },
    exporters: exporter,
    extensions: { file_storage: { directory, min_free_disk: 0, ballast: 0 } },
    service: {
      extensions: ['file_storage'],
      telemetry: { metrics: { level: 'none' } },
      pipelines: { traces: { receivers: ['invictus'], processors: ['span_assembly'], exporters } },
    },
  }
}
