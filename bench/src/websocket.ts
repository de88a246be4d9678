import { freePort } from '@spanloom/interop'

import type { LoopReply, LoopRequest } from './bare-socket-loop.ts'
import type { FeedReply, FeedRequest } from './command-feed.ts'
import { type Figures, figuresOf, measure, type Round } from './measure.ts'
import type { Section } from './pass-through.ts'
import { startSpanloom } from './systems.ts'
import { startWorker } from './worker-process.ts'

/** One round: sends so many commands and waits until the process under test is done with them. */
interface Contestant extends AsyncDisposable {
  readonly name: string
  readonly pid: number
  run(commands: number): Promise<void>
}

const config = (listen: string, upstream: number, admin: string): string => `
extensions:
  admin: { endpoint: "${admin}" }
receivers:
  websocket:
    mode: tap
    listen: { endpoint: "${listen}" }
    upstream: ws://127.0.0.1:${upstream}
    one_way_operations: [showMessage]
    response_timeout: 1s
    late_window: 0s
    max_pending: 1000000
    max_waiting_spans: 10000000
exporters:
  nop:
service:
  extensions: [admin]
  pipelines:
    traces: { receivers: [websocket], exporters: [nop] }
  telemetry: { logs: { level: info, sampling: { enabled: true, initial: 10, thereafter: 0 } }, metrics: { level: none } }
`

/**
 * Commands over one WebSocket connection: a tap that passes them on and makes a span of each, beside a loop that only
 * receives and parses, and one that also passes on.
 */
export async function websocket(
  options: { readonly rounds: number; readonly commands: number },
  log: (line: string) => void,
): Promise<Section[]> {
  const sections: Section[] = []
  for (const [title, operation] of [
    ['one-way commands', 'showMessage'],
    ['commands that nobody answers', 'getBill'],
  ] as const) {
    const makers = [() => tap(operation), () => bare(operation, false), () => bare(operation, true)]
    const figures: Figures[] = []
    const contestants = await Promise.all(makers.map((make) => make()))
    const rounds = contestants.map((): Round[] => [])
    // All in turn in every round, so that the machine's moods hit all of them; the first round warms up.
    for (let round = 0; round <= options.rounds; round++) {
      for (const [index, contestant] of contestants.entries()) {
        const measured = await measure(contestant.pid, options.commands, () =>
          contestant.run(options.commands),
        )
        if (round > 0) rounds[index]?.push(measured)
      }
      log(`websocket, ${title}: round ${round} of ${options.rounds}`)
    }
    for (const [index, { name }] of contestants.entries()) figures.push(figuresOf(name, rounds[index] ?? []))
    for (const contestant of contestants) await contestant[Symbol.asyncDispose]()
    const [own, loop, relay] = figures
    const share = (other: Figures | undefined, rate: (of: Figures) => number): string =>
      `${own && other ? ((100 * rate(own)) / rate(other)).toFixed(0) : 0} %`
    sections.push({
      title: `WebSocket: ${title}`,
      unit: 'commands',
      figures,
      notes: [
        `By CPU time (medians) the tap reaches ${share(loop, perCpuSecond)} of a bare loop that parses the same messages and does nothing else, and ${share(relay, perCpuSecond)} of one that also passes them on.`,
        `By the clock (best rounds): ${share(loop, perSecond)} and ${share(relay, perSecond)}; processes that send and take the messages share the machine's cores.`,
      ],
    })
  }
  return sections
}

const perCpuSecond = ({ perCpuSecondMedian }: Figures): number => perCpuSecondMedian
const perSecond = ({ perSecondBest }: Figures): number => perSecondBest

async function tap(operation: string): Promise<Contestant> {
  const feed = startWorker<FeedRequest, FeedReply>(new URL('command-feed.ts', import.meta.url))
  const { port } = await feed.call({ do: 'listen' })
  const [listen, admin] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
  const collector = await startSpanloom(config(listen, port, admin))
  await feed.call({ do: 'connect', url: `ws://${listen}/restaurantEntryPoint` })
  let spans = 0
  return {
    name: 'Spanloom tap, a span of each',
    pid: collector.pid,
    async run(commands) {
      spans += commands
      await feed.call({ do: 'send', operation, count: commands })
      while ((await spansOut(admin)) < spans) await new Promise((resolve) => setTimeout(resolve, 10))
    },
    async [Symbol.asyncDispose]() {
      await feed[Symbol.asyncDispose]()
      await collector.stop({ signal: 'SIGTERM', timeoutMs: 20_000 }).catch(() => undefined)
    },
  }
}

async function spansOut(admin: string): Promise<number> {
  const response = await fetch(`http://${admin}/api/accounting`)
  const { components } = (await response.json()) as { components: readonly { kind: string; out: number }[] }
  return components.find(({ kind }) => kind === 'receiver')?.out ?? 0
}

async function bare(operation: string, relay: boolean): Promise<Contestant> {
  const feed = startWorker<FeedRequest, FeedReply>(new URL('command-feed.ts', import.meta.url))
  const loop = startWorker<LoopRequest, LoopReply>(new URL('bare-socket-loop.ts', import.meta.url))
  const { port } = await feed.call({ do: 'listen' })
  const { pid, port: relayPort } = await loop.call({ do: 'connect', url: `ws://127.0.0.1:${port}`, relay })
  if (relay) await feed.call({ do: 'connect', url: `ws://127.0.0.1:${relayPort}` })
  return {
    name: relay ? 'bare ws relay that parses' : 'bare ws loop that parses',
    pid,
    async run(commands) {
      await feed.call({ do: 'send', operation, count: commands })
      await loop.call({ do: 'wait', count: commands })
    },
    async [Symbol.asyncDispose]() {
      await feed[Symbol.asyncDispose]()
      await loop[Symbol.asyncDispose]()
    },
  }
}
