import { freePort } from '@spanloom/interop'

import { startSpanloom } from './systems.ts'

/** Milliseconds from starting the process to its ready line, for a pipeline of receiver, assembler and exporter. */
export async function coldStart(runs: number): Promise<{ median: number; best: number; runs: number }> {
  const times: number[] = []
  for (let run = 0; run < runs; run++) {
    const config = `
receivers:
  otlp: { protocols: { http: { endpoint: "127.0.0.1:${await freePort()}" } } }
processors:
  span_assembly:
exporters:
  otlp_http: { endpoint: "http://127.0.0.1:1" }
service:
  pipelines:
    traces: { receivers: [otlp], processors: [span_assembly], exporters: [otlp_http] }
  telemetry: { logs: { level: info }, metrics: { level: none } }
`
    const started = performance.now()
    const running = await startSpanloom(config)
    times.push(performance.now() - started)
    await running.stop()
  }
  times.sort((a, b) => a - b)
  return { median: times[Math.trunc(runs / 2)] ?? 0, best: times[0] ?? 0, runs }
}
