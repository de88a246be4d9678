import { type ExporterOptions, type ResolveAll, type SpanInit, span, Traces } from '@spanloom/core'
import {
  createComponent,
  type FakeClock,
  fakeClock,
  type MemoryStorage,
  testHost,
  type TestTelemetry,
  testTelemetry,
} from '@spanloom/core/testing'

import type { WebhookConfig } from '../src/check-settings.ts'
import { webhookExporter } from '../src/index.ts'
import { WebhookExporter, type WebhookSurroundings } from '../src/webhook-exporter.ts'

/** An exporter at work. */
export interface Running {
  readonly exporter: WebhookExporter
  readonly clock: FakeClock
  readonly telemetry: TestTelemetry
  readonly stop: () => Promise<void>
}

/** Settings that let deliveries go to receivers of tests. */
export const local = { allow_networks: ['127.0.0.0/8'] }

export const signal: AbortSignal = new AbortController().signal

/** Starts an exporter, with a storage if one is given. */
export async function run(
  config: Readonly<Record<string, unknown>>,
  {
    clock = fakeClock(1_719_849_600_000),
    storage,
    resolve,
  }: { clock?: FakeClock; storage?: MemoryStorage; resolve?: ResolveAll } = {},
): Promise<Running> {
  const telemetry = testTelemetry()
  const stored = storage === undefined ? {} : { storage: 'file_storage' }
  const settings = { ...local, ...config, ...stored }
  const surroundings = resolve === undefined ? {} : { resolve }
  const factory = {
    ...webhookExporter,
    create: (options: ExporterOptions<unknown>) => made(options, surroundings),
  }
  const exporter = createComponent(factory, settings, { clock, telemetry })
  const extension = {
    start: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
    ...(storage === undefined ? {} : { storage }),
  }
  await exporter.start(testHost({ file_storage: extension }))
  return { exporter, clock, telemetry, stop: () => exporter.shutdown(AbortSignal.timeout(1_000)) }
}

/** `options.config` was parsed with the exporter's schema. */
const made = (options: ExporterOptions<unknown>, surroundings: WebhookSurroundings): WebhookExporter =>
  new WebhookExporter(options as ExporterOptions<WebhookConfig>, surroundings)

let count = 0

/** One finished span of an event type. */
export function eventSpan(type: string, more: Partial<SpanInit> = {}): Traces {
  const spanId = (++count).toString(16).padStart(16, '0')
  return Traces.of([
    span({
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId,
      name: 'pipeline run',
      startTime: 1_719_849_600_000_000_000n,
      endTime: 1_719_849_601_000_000_000n,
      ...more,
      attributes: { 'orchest.event.type': type, ...more.attributes },
    }),
  ])
}

/** Lets a fake clock run in small steps, and real sockets with it, until something holds. */
export async function until(
  holds: () => boolean,
  { clock, stepMs = 50 }: { clock: FakeClock; stepMs?: number },
): Promise<void> {
  for (const deadline = performance.now() + 10_000; !holds();) {
    if (performance.now() > deadline) throw new Error('That never happened.')
    await clock.advance(stepMs)
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  }
}
