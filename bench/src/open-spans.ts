import { freePort } from '@spanloom/interop'

import { heldMemory } from './held-memory.ts'
import { fragmentPayload } from './payload.ts'
import type { OpenSpansFigures } from './report.ts'
import type { SendReply, SendRequest } from './sender.ts'
import { startSpanloom } from './systems.ts'
import { usageOf } from './usage.ts'
import { startWorker } from './worker-process.ts'

const perRequest = 1000
const requestsPerCall = 50

/** Opens `spans` spans in the assembler and reads how much the process holds for them, and how much it grew. */
export async function openSpans(spans: number, log: (line: string) => void): Promise<OpenSpansFigures> {
  await using sender = startWorker<SendRequest, SendReply>(new URL('sender.ts', import.meta.url))
  const listen = `127.0.0.1:${await freePort()}`
  await using collector = await startSpanloom(`
receivers:
  otlp: { protocols: { grpc: { endpoint: "${listen}" } } }
processors:
  span_assembly: { max_open: 2_000_000, profiles: { default: { on_shutdown: drop } } }
exporters:
  nop:
service:
  pipelines:
    traces: { receivers: [otlp], processors: [span_assembly], exporters: [nop] }
  telemetry: { logs: { level: info }, metrics: { level: none } }
`)
  const [heldBefore, before] = [await heldMemory(collector.pid), usageOf(collector.pid)]
  let sent = 0
  let bytes = 0
  while (sent < spans) {
    const requests = Math.min(requestsPerCall, Math.ceil((spans - sent) / perRequest))
    const bodies = Array.from({ length: requests }, (_, index) =>
      fragmentPayload(perRequest, sent + index * perRequest),
    )
    for (const body of bodies) bytes += body.length
    await sender.call({ protocol: 'grpc', target: listen, bodies, requests, concurrency: 4 })
    sent += requests * perRequest
    if (sent % 200_000 === 0) log(`open spans: ${sent} of ${spans}`)
  }
  const after = usageOf(collector.pid)
  const held = (await heldMemory(collector.pid)) - heldBefore
  return {
    spans: sent,
    bytesPerSpan: bytes / sent,
    timesBytes: held / bytes,
    rssTimesBytes: ((after.rssMiB - before.rssMiB) * 1024 * 1024) / bytes,
    rssMiB: after.rssMiB,
    appendsPerCpuSecond: sent / (after.cpuSeconds - before.cpuSeconds),
  }
}
