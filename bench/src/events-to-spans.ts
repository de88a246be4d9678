import { freePort } from '@spanloom/interop'

import { figuresOf, measure, type Round } from './measure.ts'
import type { Section } from './pass-through.ts'
import { invictusPayload } from './payload.ts'
import type { SendReply, SendRequest } from './sender.ts'
import type { SinkReply, SinkRequest } from './sink.ts'
import { startSpanloom } from './systems.ts'
import { startWorker } from './worker-process.ts'

const config = (listen: string, sinkPort: number): string => `
receivers:
  invictus: { http: { endpoint: "${listen}" } }
processors:
  span_assembly: { profiles: { invictus: { settle: 50ms } } }
exporters:
  otlp_grpc:
    endpoint: 127.0.0.1:${sinkPort}
    compression: none
    tls: { insecure: true }
    sending_queue: { queue_size: 1000, block_on_overflow: true }
service:
  pipelines:
    traces: { receivers: [invictus], processors: [span_assembly], exporters: [otlp_grpc] }
  telemetry: { logs: { level: info }, metrics: { level: none } }
`

/** The whole chain: Invictus JSON over HTTP in, two events per span, assembly, OTLP/gRPC out. */
export async function eventsToSpans(
  options: { readonly perRequest: readonly number[]; readonly rounds: number; readonly events: number },
  log: (line: string) => void,
): Promise<Section[]> {
  await using sink = startWorker<SinkRequest, SinkReply>(new URL('sink.ts', import.meta.url))
  await using sender = startWorker<SendRequest, SendReply>(new URL('sender.ts', import.meta.url))
  const { port } = await sink.call({ do: 'listen' })
  const listen = `127.0.0.1:${await freePort()}`
  await using collector = await startSpanloom(config(listen, port))

  const sections: Section[] = []
  let run = 0
  for (const perRequest of options.perRequest) {
    const requests = Math.max(1, Math.round(options.events / perRequest))
    const events = requests * perRequest
    const rounds: Round[] = []
    // The first round warms up; every round sends events that were never sent before.
    for (let round = 0; round <= options.rounds; round++) {
      const bodies = Array.from({ length: requests }, () => Buffer.from(invictusPayload(perRequest, run++)))
      await sink.call({ do: 'reset' })
      const measured = await measure(collector.pid, events, async () => {
        const target = `http://${listen}/`
        await sender.call({
          protocol: 'http',
          target,
          bodies,
          contentType: 'application/json',
          requests,
          concurrency: 16,
        })
        const { spans } = await sink.call({ do: 'wait', spans: events / 2, timeoutMs: 60_000 })
        if (spans !== events / 2) throw new Error(`${spans} of ${events / 2} spans arrived.`)
      })
      if (round > 0) rounds.push(measured)
      log(`events to spans, ${perRequest} per request: round ${round} of ${options.rounds}`)
    }
    sections.push({
      title: `Invictus events to spans, ${perRequest} events per request`,
      unit: 'events',
      figures: [figuresOf('Spanloom', rounds)],
      notes: [],
    })
  }
  return sections
}
