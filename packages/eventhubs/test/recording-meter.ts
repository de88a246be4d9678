import type { ComponentTelemetry } from '@spanloom/core'
import { testTelemetry } from '@spanloom/core/testing'

type Meter = ComponentTelemetry['meter']
type Attributes = Readonly<Record<string, unknown>>

/** A meter whose instruments a test can read. */
export interface RecordingMeter {
  readonly meter: Meter
  /** Sum of a counter, count of a histogram, or sum of what a gauge shows now, over all attributes that match. */
  readonly read: (name: string, attributes?: Attributes) => number
}

export function recordingMeter(): RecordingMeter {
  const noop = testTelemetry().meter
  const sums: { readonly name: string; readonly value: number; readonly attributes: Attributes }[] = []
  const gauges: {
    readonly name: string
    readonly read: (observe: (value: number, attributes: Attributes) => void) => void
  }[] = []
  const meter: Meter = Object.assign(Object.create(noop) as Meter, {
    createCounter: (name: string) => ({
      add: (value: number, attributes: Attributes = {}) => void sums.push({ name, value, attributes }),
    }),
    createHistogram: (name: string) => ({
      record: (_value: number, attributes: Attributes = {}) => void sums.push({ name, value: 1, attributes }),
    }),
    createObservableGauge: (name: string) => ({
      addCallback: (callback: (result: { observe(value: number, attributes: Attributes): void }) => void) =>
        void gauges.push({ name, read: (observe) => callback({ observe }) }),
    }),
  })
  return {
    meter,
    read(name, wanted = {}) {
      const matches = (attributes: Attributes): boolean =>
        Object.entries(wanted).every(([key, value]) => attributes[key] === value)
      let sum = 0
      for (const each of sums) if (each.name === name && matches(each.attributes)) sum += each.value
      for (const gauge of gauges)
        if (gauge.name === name)
          gauge.read((value, attributes) => {
            if (matches(attributes)) sum += value
          })
      return sum
    },
  }
}
