import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { freePort, type RunningProcess } from '@spanloom/interop'

import { endPayload, fragmentPayload } from './payload.ts'
import type { LoopDelayFigures } from './report.ts'
import type { SendReply, SendRequest } from './sender.ts'
import type { SinkReply, SinkRequest } from './sink.ts'
import { startSpanloom } from './systems.ts'
import { startWorker } from './worker-process.ts'

const perRequest = 100
const warmUpSeconds = 5

const configOf = (listen: string, sinkPort: number, directory: string | undefined): string => `
receivers:
  otlp: { protocols: { grpc: { endpoint: "${listen}" } } }
processors:
  span_assembly: { ${directory === undefined ? '' : 'storage: file_storage, '}profiles: { default: { settle: 500ms } } }
exporters:
  otlp_grpc:
    endpoint: 127.0.0.1:${sinkPort}
    tls: { insecure: true }
    sending_queue: { ${directory === undefined ? '' : 'storage: file_storage, '}queue_size: 100_000 }
extensions:
  file_storage: { directory: "${directory ?? tmpdir()}" }
service:
  extensions: [${directory === undefined ? '' : 'file_storage'}]
  pipelines:
    traces: { receivers: [otlp], processors: [span_assembly], exporters: [otlp_grpc] }
  telemetry: { logs: { level: info }, metrics: { level: none } }
`

/**
 * How late the event loop of a collector is while halves of spans are assembled and delivered, everything in memory
 * and everything on disk: what storage adds is the difference.
 */
export async function loopDelay(
  options: { readonly fragmentsPerSecond: number; readonly seconds: number },
  log: (line: string) => void,
): Promise<readonly LoopDelayFigures[]> {
  const figures: LoopDelayFigures[] = []
  for (const variant of ['in memory', 'on disk'] as const) {
    log(`event loop delay: ${variant}, ${options.fragmentsPerSecond} fragments/s for ${options.seconds} s`)
    figures.push(await measure(variant, options))
  }
  return figures
}

async function measure(
  variant: LoopDelayFigures['variant'],
  { fragmentsPerSecond, seconds }: { readonly fragmentsPerSecond: number; readonly seconds: number },
): Promise<LoopDelayFigures> {
  const directory = await mkdtemp(join(tmpdir(), 'spanloom-delay-'))
  try {
    await using sink = startWorker<SinkRequest, SinkReply>(new URL('sink.ts', import.meta.url))
    await using sender = startWorker<SendRequest, SendReply>(new URL('sender.ts', import.meta.url))
    const { port } = await sink.call({ do: 'listen' })
    const listen = `127.0.0.1:${await freePort()}`
    const config = configOf(listen, port, variant === 'on disk' ? directory : undefined)
    const probe = fileURLToPath(new URL('loop-delay-probe.ts', import.meta.url))
    await using collector = await startSpanloom(config, ['--import', probe])
    const perSecond = fragmentsPerSecond / perRequest
    let sent = 0
    const load = async (duration: number): Promise<void> => {
      for (let second = 0; second < duration; second++) {
        const bodies: Uint8Array[] = []
        for (let half = 0; half < perSecond / 2; half++) {
          bodies.push(fragmentPayload(perRequest, sent), endPayload(perRequest, sent))
          sent += perRequest
        }
        await sender.call({
          protocol: 'grpc',
          target: listen,
          bodies,
          requests: bodies.length,
          concurrency: 8,
          perSecond,
        })
      }
    }
    await load(Math.min(warmUpSeconds, seconds))
    await read(collector)
    await load(seconds)
    const delay = await read(collector)
    const { spans } = await sink.call({ do: 'wait', spans: sent, timeoutMs: 30_000 })
    await collector.stop({ signal: 'SIGTERM', timeoutMs: 60_000 })
    return { variant, fragmentsPerSecond, seconds, sent, arrived: spans, ...delay }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

type Delay = Pick<LoopDelayFigures, 'p50' | 'p99' | 'max' | 'workP99' | 'workMax'>

async function read(collector: RunningProcess): Promise<Delay> {
  const before = collector.stderr().length
  process.kill(collector.pid, 'SIGUSR2')
  for (;;) {
    const text = /event loop delay (\{.*\})/.exec(collector.stderr().slice(before))?.[1]
    // The probe writes these numbers.
    if (text !== undefined) return JSON.parse(text) as Delay
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
