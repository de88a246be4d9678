import type { ComponentTelemetry } from '../telemetry/component-telemetry.ts'
import { testTelemetry, type TestTelemetry } from './telemetry.ts'

type Meter = ComponentTelemetry['meter']

/** Telemetry whose counters a test can read. */
export interface RecordingTelemetry extends TestTelemetry {
  /**
   * Counters that are not 0, by their own name and the values of their attributes, joined by dots: the counter
   * `otelcol_receiver_acme_refused` with the reason `late` is `refused.late`.
   */
  counters(): Readonly<Record<string, number>>
}

/** Attributes that tell whose counter it is. */
const owners: ReadonlySet<string> = new Set(['receiver', 'processor', 'exporter', 'connector', 'extension'])

/** Counters of a component of this type keep what they were told; all other instruments do nothing. */
export function recordingTelemetry(type: string): RecordingTelemetry {
  const values = new Map<string, number>()
  const meter: Meter = Object.create(testTelemetry().meter)
  meter.createCounter = (name) => ({
    add(count, attributes) {
      const others = Object.entries(attributes ?? {}).filter(([key]) => !owners.has(key))
      const own = name.replace(new RegExp(`^otelcol_[a-z]+_${type}_`), '')
      const key = [own, ...others.map(([, value]) => value)].join('.')
      values.set(key, (values.get(key) ?? 0) + count)
    },
  })
  return {
    ...testTelemetry(meter),
    counters: () => Object.fromEntries([...values].filter(([, count]) => count !== 0)),
  }
}
