import { type DataPoint, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'

import { DeliveredExporter } from '../../src/delivery/delivered-exporter.ts'
import type { DeliveryConfig } from '../../src/delivery/settings.ts'
import { deliverySettings } from '../../src/delivery/settings.ts'
import { parseConfig } from '../../src/schema/parse-config.ts'
import {
  fakeClock,
  type FakeClock,
  testHost,
  testTelemetry,
  type TestTelemetry,
} from '../../src/testing/index.ts'
import { RecordingSender } from './recording-sender.ts'

/** Collects metrics when a test asks for them. */
export class ReadOnDemand extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve()
  }
  protected override onShutdown(): Promise<void> {
    return Promise.resolve()
  }
}

/** An exporter under test with everything around it. */
export interface RunningExporter {
  readonly exporter: DeliveredExporter
  readonly sender: RecordingSender
  readonly clock: FakeClock
  readonly telemetry: TestTelemetry
  /** Sum of a metric over all its attribute sets; `undefined` if it does not exist. */
  readonly metric: (name: string) => Promise<number | undefined>
  readonly points: (name: string) => Promise<readonly DataPoint<unknown>[]>
}

export interface RunOptions {
  readonly random?: () => number
  readonly metricsLevel?: 'detailed'
}

/** Settings as in a file, parsed with the shared schema. */
export function deliveryConfig(config: Readonly<Record<string, unknown>> = {}): DeliveryConfig {
  const schema = { type: 'object', properties: deliverySettings({}), additionalProperties: false } as const
  // The type cannot follow settings that are put together at run time.
  return parseConfig(schema, config) as unknown as DeliveryConfig
}

/** Starts an exporter around a recording sender. */
export async function runExporter(
  config: Readonly<Record<string, unknown>> = {},
  { random = () => 0.5, metricsLevel }: RunOptions = {},
): Promise<RunningExporter> {
  const reader = new ReadOnDemand()
  const meter = new MeterProvider({ readers: [reader] }).getMeter('test')
  const clock = fakeClock()
  const telemetry = { ...testTelemetry(meter), ...(metricsLevel ? { metricsLevel } : {}) }
  const sender = new RecordingSender()
  const exporter = new DeliveredExporter(sender, deliveryConfig(config), {
    id: 'test/1',
    telemetry,
    clock,
    random,
  })
  await exporter.start(testHost())
  const points = async (name: string): Promise<readonly DataPoint<unknown>[]> => {
    const { resourceMetrics } = await reader.collect()
    const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)
    return metrics
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(({ dataPoints }): readonly DataPoint<unknown>[] => dataPoints)
  }
  return {
    exporter,
    sender,
    clock,
    telemetry,
    points,
    metric: async (name) => {
      const found = await points(name)
      return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + Number(value), 0)
    },
  }
}
