import { setTimeout as elapse } from 'node:timers/promises'

import type { SpanInit } from '@spanloom/core'

import { sendOverHttp, tracesOf } from './otlp-sender.ts'
import { type CliProcess, readySentence, startCli } from './process.ts'

type Settings = Readonly<Record<string, unknown>>

/** What may differ between runs of a pipeline that keeps everything on disk. */
export interface DurableRun {
  readonly directory: string
  readonly backend: string
  readonly storage?: Settings
  readonly queue?: Settings
  readonly service?: Settings
  readonly processors?: Settings
  /** Settings of the exporter. */
  readonly exporter?: Settings
  readonly env?: Readonly<Record<string, string>>
}

/** OTLP over HTTP, the assembler with a storage, a stored queue, OTLP over HTTP. */
export function startDurable(run: DurableRun): CliProcess {
  const { directory, backend, storage = {}, queue = {}, service = {}, exporter = {}, env = {} } = run
  const assembly = { storage: 'file_storage', profiles: { default: { settle: '100ms' } } }
  const { processors = { span_assembly: assembly } } = run
  const config = {
    receivers: { otlp: { protocols: { http: { endpoint: '127.0.0.1:0' } } } },
    processors,
    exporters: {
      otlp_http: {
        endpoint: backend,
        retry_on_failure: { initial_interval: '50ms', max_interval: '200ms', max_elapsed_time: 0 },
        sending_queue: { storage: 'file_storage', queue_size: 100_000, ...queue },
        ...exporter,
      },
    },
    extensions: { file_storage: { directory, min_free_disk: 0, ballast: 0, ...storage } },
    service: {
      extensions: ['file_storage'],
      telemetry: { metrics: { level: 'none' } },
      pipelines: {
        traces: { receivers: ['otlp'], processors: ['span_assembly'], exporters: ['otlp_http'] },
      },
      ...service,
    },
  }
  return startCli(['--config', `yaml:${JSON.stringify(config)}`], { env })
}

/** As `startDurable`, once it takes data. */
export async function runDurable(run: DurableRun): Promise<CliProcess> {
  const cli = startDurable(run)
  await cli.waitFor(readySentence)
  return cli
}

/** Where its receiver listens. */
export function doorOf({ stderr }: CliProcess): string {
  return /Starting HTTP server.*"endpoint":"([^"]+)"/.exec(stderr())?.[1] ?? ''
}

export const spanIdOf = (number: number): string => number.toString(16).padStart(16, '0')

/** A part of span `number`, or all of it. */
export function piece(
  number: number,
  which: 'start' | 'end' | 'whole',
  more: Partial<SpanInit> = {},
): SpanInit {
  const spanId = spanIdOf(number)
  const ids = { traceId: spanId.padStart(32, 'b'), spanId, name: `work ${number}`, ...more }
  const origin = 1_767_225_600_000_000_000n
  return {
    ...ids,
    ...(which === 'end' ? {} : { startTime: origin }),
    ...(which === 'start' ? {} : { endTime: origin + BigInt(number) * 1_000n }),
  }
}

/** Status of the answer to spans that are sent once. */
export function post(cli: CliProcess, pieces: readonly SpanInit[]): Promise<number> {
  return sendOverHttp(doorOf(cli), tracesOf('shop', pieces))
}

/** Sends spans until they are taken. */
export async function insist(cli: CliProcess, pieces: readonly SpanInit[]): Promise<void> {
  const deadline = performance.now() + 20_000
  for (let status = await post(cli, pieces); status !== 200; status = await post(cli, pieces)) {
    if (performance.now() > deadline) throw new Error(`The process goes on answering ${status}.`)
    await elapse(100)
  }
}
