import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { findOtelcol, freePort, peerMissing, startOtelcol } from '@spanloom/interop'

import { otlpPayload } from './payload.ts'
import type { SendReply, SendRequest } from './sender.ts'
import type { SinkReply, SinkRequest } from './sink.ts'
import { startSpanloom } from './systems.ts'
import { usageOf } from './usage.ts'
import { startWorker } from './worker-process.ts'

/** What a steady load cost one system. */
export interface SteadyFigures {
  readonly variant: string
  readonly spansPerSecond: number
  readonly seconds: number
  readonly sent: number
  readonly arrived: number
  /** Share of one core. */
  readonly cpuShare: number
  readonly peakRssMiB: number
}

const config = (listen: string, sinkPort: number): string => `
receivers:
  otlp: { protocols: { grpc: { endpoint: "${listen}" } } }
processors:
  memory_limiter: { check_interval: 1s, limit_mib: 400 }
exporters:
  otlp_grpc:
    endpoint: 127.0.0.1:${sinkPort}
    tls: { insecure: true }
service:
  pipelines:
    traces: { receivers: [otlp], processors: [memory_limiter], exporters: [otlp_grpc] }
  telemetry: { logs: { level: info }, metrics: { level: none } }
`

/** A steady load through receiver, memory limiter, queue and exporter (gzip towards the destination), one system after the other. */
export async function steady(
  options: { readonly spansPerSecond: number; readonly seconds: number },
  log: (line: string) => void,
): Promise<{ readonly figures: readonly SteadyFigures[]; readonly notes: readonly string[] }> {
  await using sink = startWorker<SinkRequest, SinkReply>(new URL('sink.ts', import.meta.url))
  await using sender = startWorker<SendRequest, SendReply>(new URL('sender.ts', import.meta.url))
  const { port } = await sink.call({ do: 'listen' })
  const batchSize = 100
  const bodies = Array.from({ length: 16 }, (_, run) => otlpPayload(batchSize, run))
  const perSecond = options.spansPerSecond / batchSize
  const requests = Math.round(perSecond * options.seconds)
  const figures: SteadyFigures[] = []
  const notes: string[] = []

  for (const variant of ['Spanloom', 'OpenTelemetry Collector (Go)']) {
    if (variant !== 'Spanloom' && (await findOtelcol()) === undefined) {
      notes.push(peerMissing('otelcol'))
      continue
    }
    const listen = `127.0.0.1:${await freePort()}`
    const yaml = config(listen, port)
    await using running =
      variant === 'Spanloom'
        ? await startSpanloom(yaml)
        : await startOtelcol({ config: yaml, dir: await mkdtemp(join(tmpdir(), 'spanloom-bench-')) })
    await sink.call({ do: 'reset' })
    const before = usageOf(running.pid)
    log(`steady load: ${variant}, ${options.spansPerSecond} spans/s for ${options.seconds} s`)
    const { seconds } = await sender.call({
      protocol: 'grpc',
      target: listen,
      bodies,
      requests,
      concurrency: 32,
      perSecond,
    })
    const sent = requests * batchSize
    const { spans: arrived } = await sink.call({ do: 'wait', spans: sent, timeoutMs: 30_000 })
    const after = usageOf(running.pid)
    figures.push({
      variant,
      spansPerSecond: options.spansPerSecond,
      seconds,
      sent,
      arrived,
      cpuShare: (after.cpuSeconds - before.cpuSeconds) / seconds,
      peakRssMiB: after.peakRssMiB,
    })
  }
  return { figures, notes }
}
