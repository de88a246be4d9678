import { figuresOf, measure, type Figures, type Round } from './measure.ts'
import { otlpPayload } from './payload.ts'
import type { SendReply, SendRequest } from './sender.ts'
import type { SinkReply, SinkRequest } from './sink.ts'
import { otelcolPassThrough, plainPassThrough, spanloomPassThrough, type SystemUnderTest } from './systems.ts'
import { startWorker } from './worker-process.ts'

export interface PassThroughOptions {
  readonly batchSizes: readonly number[]
  readonly rounds: number
  /** Spans per round, for a batch size. */
  readonly spans: (batchSize: number) => number
}

export interface Section {
  readonly title: string
  readonly unit: string
  readonly figures: readonly Figures[]
  readonly notes: readonly string[]
}

const timeoutMs = 60_000

/** OTLP/gRPC in, queue, OTLP/gRPC out, on the same payloads; the variants take turns in every round. */
export async function passThrough(
  options: PassThroughOptions,
  log: (line: string) => void,
): Promise<Section[]> {
  await using sink = startWorker<SinkRequest, SinkReply>(new URL('sink.ts', import.meta.url))
  await using sender = startWorker<SendRequest, SendReply>(new URL('sender.ts', import.meta.url))
  await using stack = new AsyncDisposableStack()
  const { port } = await sink.call({ do: 'listen' })
  const notes: string[] = []
  const systems: SystemUnderTest[] = []
  for (const start of [
    () => spanloomPassThrough(port),
    () => spanloomPassThrough(port, true),
    () => plainPassThrough(port),
    () => otelcolPassThrough(port),
  ]) {
    const started = await start()
    if (typeof started === 'string') notes.push(started)
    else systems.push(stack.use(started))
  }

  const sections: Section[] = []
  for (const batchSize of options.batchSizes) {
    const bodies = Array.from({ length: 8 }, (_, run) => otlpPayload(batchSize, run))
    const requests = Math.max(1, Math.round(options.spans(batchSize) / batchSize))
    const spans = requests * batchSize
    const push = async (system: SystemUnderTest): Promise<void> => {
      await sink.call({ do: 'reset' })
      await sender.call({ protocol: 'grpc', target: system.grpc, bodies, requests, concurrency: 8 })
      const { spans: arrived } = await sink.call({ do: 'wait', spans, timeoutMs })
      if (arrived !== spans) throw new Error(`${system.name}: ${arrived} of ${spans} spans arrived.`)
    }
    const rounds = new Map<string, Round[]>()
    for (const system of systems) await push(system)
    for (let round = 0; round < options.rounds; round++) {
      for (const system of systems) {
        const measured = await measure(system.pid, spans, () => push(system))
        rounds.set(system.name, [...(rounds.get(system.name) ?? []), measured])
      }
      log(`pass-through, ${batchSize} spans per request: round ${round + 1} of ${options.rounds}`)
    }
    sections.push({
      title: `OTLP/gRPC pass-through, ${batchSize} spans per request (${Math.round((bodies[0]?.length ?? 0) / batchSize)} bytes per span)`,
      unit: 'spans',
      figures: [...rounds].map(([name, list]) => figuresOf(name, list)),
      notes,
    })
  }
  return sections
}
