import { Traces } from '@spanloom/core'
import { createComponent, fakeClock, testTelemetry } from '@spanloom/core/testing'
import { expect, it } from 'vitest'

import { valueStreamConnector } from '../src/connector.ts'
import { day, monday, week } from './stream.ts'

/** A meter that keeps the callbacks of its gauges, so that a test can read them. */
function readableTelemetry() {
  const telemetry = testTelemetry()
  const callbacks = new Map<string, (result: unknown) => void>()
  const observable = (name: string) => ({
    addCallback: (callback: (result: never) => void) =>
      callbacks.set(name, callback as (result: unknown) => void),
    removeCallback: () => undefined,
  })
  const meter = Object.assign(Object.create(telemetry.meter) as typeof telemetry.meter, {
    createObservableGauge: observable,
    createObservableCounter: observable,
  })
  const read = (name: string): readonly (readonly [number, unknown])[] => {
    const seen: (readonly [number, unknown])[] = []
    callbacks.get(`otelcol_connector_value_stream_${name}`)?.({
      observe: (value: number, attributes: unknown) => seen.push([value, attributes]),
    })
    return seen
  }
  return { telemetry: { ...telemetry, meter }, read }
}

it('shows every figure with its statistics, count, window and funnel', async () => {
  const { telemetry, read } = readableTelemetry()
  const connector = createComponent(
    valueStreamConnector,
    { window: '168h', group_by: 'repository' },
    { id: 'value_stream/shop', telemetry, clock: fakeClock(monday + 5 * day) },
  )
  expect(read('lead_time')).toEqual([])
  await connector.consumeTraces(Traces.of(week), { signal: new AbortController().signal })

  const own = { connector: 'value_stream/shop' }
  expect(read('change_failure_rate')).toContainEqual([0.4, { ...own, statistic: 'mean' }])
  expect(read('lead_time')).toContainEqual([
    4.5 * 3600,
    { ...own, repository: 'acme/shop', statistic: 'p50' },
  ])
  expect(read('samples')).toContainEqual([3, { ...own, figure: 'lead_time' }])
  expect(read('funnel')).toContainEqual([6, { ...own, figure: 'rework_rate', stage: 'received' }])
  expect(read('excluded')).toContainEqual([
    1,
    { ...own, figure: 'lead_time', stage: 'paired', reason: 'not_deployed' },
  ])
  expect(read('failures')).toContainEqual([1, { ...own, cause: 'rollback' }])
  expect(read('window_end')).toContainEqual([(monday + 5 * day) / 1000, own])
  expect(read('window_start')).toContainEqual([(monday - 2 * day) / 1000, own])
  expect(read('remembered')).toContainEqual([6, { ...own, kind: 'deployment' }])
  expect(read('evicted')).toEqual([[0, own]])
})
