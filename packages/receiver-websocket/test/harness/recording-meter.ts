import type { ComponentTelemetry } from '@spanloom/core'
import { testTelemetry } from '@spanloom/core/testing'

type Meter = ComponentTelemetry['meter']
type Labels = Readonly<Record<string, unknown>>

/** Counters that a test can read. */
export interface RecordingMeter {
  readonly meter: Meter
  /** Sum of all series whose labels hold these. */
  count(name: string, labels?: Labels): number
  /** Present value of a gauge. */
  gauge(name: string, labels?: Labels): number
}

/** A meter that keeps what is added. Everything else does nothing. */
export function recordingMeter(): RecordingMeter {
  const additions: { readonly name: string; readonly count: number; readonly labels: Labels }[] = []
  const gauges: { readonly name: string; readonly read: () => readonly (readonly [number, Labels])[] }[] = []
  const { meter: quiet } = testTelemetry()
  const meter: Meter = Object.create(quiet)
  meter.createCounter = (name) => ({
    add: (count, labels) => void additions.push({ name, count, labels: { ...labels } }),
  })
  meter.createObservableGauge = (name) => ({
    addCallback: (callback) =>
      void gauges.push({
        name,
        read: () => {
          const seen: (readonly [number, Labels])[] = []
          void callback({ observe: (value, labels) => void seen.push([value, { ...labels }]) })
          return seen
        },
      }),
    removeCallback: () => undefined,
  })
  return {
    meter,
    count: (name, labels = {}) =>
      additions
        .filter((each) => each.name === name && holds(each.labels, labels))
        .reduce((sum, each) => sum + each.count, 0),
    gauge: (name, labels = {}) =>
      gauges
        .filter((each) => each.name === name)
        .flatMap((each) => each.read())
        .filter(([, has]) => holds(has, labels))
        .reduce((sum, [value]) => sum + value, 0),
  }
}

const holds = (has: Labels, wanted: Labels): boolean =>
  Object.entries(wanted).every(([name, value]) => has[name] === value)
