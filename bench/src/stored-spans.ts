import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { freePort } from '@spanloom/interop'

import { fragmentPayload } from './payload.ts'
import type { StoredSpansFigures } from './report.ts'
import type { SendReply, SendRequest } from './sender.ts'
import { startSpanloom } from './systems.ts'
import { usageOf } from './usage.ts'
import { startWorker } from './worker-process.ts'

const perRequest = 1000
const requestsPerCall = 50

const configOf = (listen: string, directory: string): string => `
receivers:
  otlp: { protocols: { grpc: { endpoint: "${listen}" } } }
processors:
  span_assembly: { storage: file_storage, max_open: 2_000_000 }
exporters:
  nop:
extensions:
  file_storage: { directory: "${directory}" }
service:
  extensions: [file_storage]
  pipelines:
    traces: { receivers: [otlp], processors: [span_assembly], exporters: [nop] }
  telemetry: { logs: { level: info }, metrics: { level: none } }
`

/**
 * Opens `spans` spans in an assembler that keeps them on disk, stops it, and starts it again: how fast they are
 * taken, how much memory they need, and how long a start takes that finds them.
 */
export async function storedSpans(spans: number, log: (line: string) => void): Promise<StoredSpansFigures> {
  const directory = await mkdtemp(join(tmpdir(), 'spanloom-stored-'))
  try {
    const filled = await fill(directory, spans, log)
    const files = await readdir(directory)
    const sizes = await Promise.all(files.map(async (name) => (await stat(join(directory, name))).size))
    const empty = await start(await mkdtemp(join(directory, 'empty-')))
    const full = await start(directory)
    return {
      ...filled,
      fileMiB: sizes.reduce((sum, size) => sum + size, 0) / 1024 ** 2,
      startSeconds: full.seconds - empty.seconds,
      startedRssMiB: full.rssMiB,
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

type Filled = Omit<StoredSpansFigures, 'fileMiB' | 'startSeconds' | 'startedRssMiB'>

async function fill(directory: string, spans: number, log: (line: string) => void): Promise<Filled> {
  await using sender = startWorker<SendRequest, SendReply>(new URL('sender.ts', import.meta.url))
  const listen = `127.0.0.1:${await freePort()}`
  await using collector = await startSpanloom(configOf(listen, directory))
  const before = usageOf(collector.pid)
  let sent = 0
  let seconds = 0
  while (sent < spans) {
    const requests = Math.min(requestsPerCall, Math.ceil((spans - sent) / perRequest))
    const bodies = Array.from({ length: requests }, (_, index) =>
      fragmentPayload(perRequest, sent + index * perRequest),
    )
    const reply = await sender.call({ protocol: 'grpc', target: listen, bodies, requests, concurrency: 4 })
    seconds += reply.seconds
    sent += requests * perRequest
    if (sent % 200_000 === 0) log(`stored open spans: ${sent} of ${spans}`)
  }
  const after = usageOf(collector.pid)
  await collector.stop({ signal: 'SIGTERM', timeoutMs: 60_000 })
  return {
    spans: sent,
    appendsPerSecond: sent / seconds,
    appendsPerCpuSecond: sent / (after.cpuSeconds - before.cpuSeconds),
    rssMiB: after.rssMiB,
    bytesInMemoryPerSpan: ((after.rssMiB - before.rssMiB) * 1024 ** 2) / sent,
  }
}

async function start(directory: string): Promise<{ readonly seconds: number; readonly rssMiB: number }> {
  const listen = `127.0.0.1:${await freePort()}`
  const began = performance.now()
  await using collector = await startSpanloom(configOf(listen, directory))
  const seconds = (performance.now() - began) / 1000
  const { rssMiB } = usageOf(collector.pid)
  await collector.stop({ signal: 'SIGTERM', timeoutMs: 60_000 })
  return { seconds, rssMiB }
}
