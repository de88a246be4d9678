import type { ComponentTelemetry } from '@spanloom/core'
import { testTelemetry, type TestTelemetry } from '@spanloom/core/testing'

type Meter = ComponentTelemetry['meter']

/** Telemetry whose counters a test can read. */
export interface RecordingTelemetry extends TestTelemetry {
  /** Counters that are not 0, by their name and the attributes that are not the component's id. */
  counters(): Readonly<Record<string, number>>
}

/** Counters keep what they were told; all other instruments do nothing. */
export function recordingTelemetry(): RecordingTelemetry {
  const values = new Map<string, number>()
  const meter: Meter = Object.create(testTelemetry().meter)
  meter.createCounter = (name) => ({
    add(count, attributes) {
      const others = Object.entries(attributes ?? {}).filter(([key]) => key !== 'receiver')
      const own = name.replace(/^otelcol_[a-z]+_cloudevents_/, '')
      const key = [own, ...others.map(([, value]) => value)].join('.')
      values.set(key, (values.get(key) ?? 0) + count)
    },
  })
  return {
    ...testTelemetry(meter),
    counters: () => Object.fromEntries([...values].filter(([, count]) => count !== 0)),
  }
}
