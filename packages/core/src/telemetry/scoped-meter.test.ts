import type { Meter } from '@opentelemetry/api'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { expect, it } from 'vitest'

import { scopedMeter } from './scoped-meter.ts'

class Reader extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve()
  }
  protected override onShutdown(): Promise<void> {
    return Promise.resolve()
  }
}

function setUp(): { meter: Meter; read: () => Promise<Record<string, unknown>> } {
  const reader = new Reader()
  return {
    meter: new MeterProvider({ readers: [reader] }).getMeter('test'),
    async read() {
      const { resourceMetrics, errors } = await reader.collect()
      expect(errors).toEqual([])
      const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)
      return Object.fromEntries(
        metrics.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints.at(-1)?.value]),
      )
    },
  }
}

it('asks nobody before it is opened and after it is closed', async () => {
  const { meter, read } = setUp()
  let asked = 0
  const ask = (): number => ++asked
  const scope = scopedMeter(meter)
  scope.meter.createObservableGauge('g').addCallback((result) => result.observe(ask()))
  const counter = scope.meter.createObservableCounter('c')
  scope.meter.addBatchObservableCallback((result) => result.observe(counter, ask()), [counter])
  await read()
  expect(asked).toBe(0)

  scope.open()
  expect(await read()).toEqual({ g: 1, c: 2 })
  scope.close()
  await read()
  expect(asked).toBe(2)
})

it('takes callbacks at any time, and lets them be taken away', async () => {
  const { meter, read } = setUp()
  const scope = scopedMeter(meter)
  const gauge = scope.meter.createObservableGauge('g')
  const early = (result: { observe(value: number): void }): void => result.observe(1)
  gauge.addCallback(early)
  gauge.removeCallback(early)
  scope.open()
  scope.open()
  const up = scope.meter.createObservableUpDownCounter('u')
  const late = (result: { observe(value: number): void }): void => result.observe(7)
  up.addCallback(late)
  expect(await read()).toEqual({ u: 7 })
  up.removeCallback(late)
  scope.close()
  up.addCallback(() => {
    throw new Error('Nobody may ask any more.')
  })
  await read()
})

it('writes to the instruments of the collector itself', async () => {
  const { meter, read } = setUp()
  for (let instance = 0; instance < 2; instance++) {
    const scope = scopedMeter(meter)
    scope.meter.createCounter('c').add(2)
    scope.meter.createUpDownCounter('u').add(1)
    scope.meter.createGauge('g').record(instance)
    scope.meter.createHistogram('h').record(1)
    scope.close()
  }
  expect(await read()).toMatchObject({ c: 4, u: 2, g: 1, h: { count: 2 } })
})

it('keeps two instances of one component apart', async () => {
  const { meter, read } = setUp()
  const [old, next] = [scopedMeter(meter), scopedMeter(meter)]
  old.meter.createObservableGauge('g').addCallback((result) => result.observe(1))
  next.meter.createObservableGauge('g').addCallback((result) => result.observe(2))
  old.open()
  expect(await read()).toEqual({ g: 1 })
  next.open()
  old.close()
  expect(await read()).toEqual({ g: 2 })
})
