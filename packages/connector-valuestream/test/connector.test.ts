import { RetryableError, type Span, Traces } from '@spanloom/core'
import {
  createComponent,
  fakeClock,
  MemoryStorage,
  testConnectorContract,
  testHost,
  testTelemetry,
  TracesSink,
} from '@spanloom/core/testing'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { valueStreamConnector } from '../src/connector.ts'
import type { Figures } from '../src/figures.ts'
import { day, deploy, hour, monday, week } from './stream.ts'

const { signal } = new AbortController()
const noon = monday + 5 * day
const settings = { window: '168h' }

testConnectorContract(valueStreamConnector, { config: {}, input: week.map((span) => Traces.of([span])) })

describe('the contract, with storage', () => {
  let disk = new MemoryStorage(fakeClock())
  testConnectorContract(valueStreamConnector, {
    config: { storage: 'disk' },
    input: week.map((span) => Traces.of([span])),
    prepare: () => void (disk = new MemoryStorage(fakeClock())),
    extensions: {
      disk: {
        storage: { open: (who) => disk.open(who) },
        start: () => Promise.resolve(),
        shutdown: () => Promise.resolve(),
      },
    },
  })
})

async function measured(spans: readonly Span[], config: object = settings): Promise<Figures> {
  const connector = createComponent(valueStreamConnector, config, { clock: fakeClock(noon) })
  for (const span of spans) await connector.consumeTraces(Traces.of([span]), { signal })
  return connector.measure().all
}

it('measures the week', async () => {
  const figures = await measured(week)

  expect(figures.deployment_frequency).toMatchObject({
    value: 4 / 7,
    count: 4,
    funnel: {
      received: 6,
      classified: 5,
      paired: 5,
      counted: 4,
      excluded: [
        { step: 'classified', reason: 'not_production', count: 1 },
        { step: 'counted', reason: 'failed', count: 1 },
      ],
    },
  })
  expect(figures.lead_time).toMatchObject({
    // feature: 1 to 12.5, fix: 20 to 24.5, later: 60 to 62.5.
    p50: 4.5 * 3600,
    count: 3,
    funnel: {
      received: 5,
      classified: 4,
      paired: 3,
      counted: 3,
      excluded: [
        { step: 'classified', reason: 'not_merged', count: 1 },
        { step: 'paired', reason: 'not_deployed', count: 1 },
      ],
    },
  })
  expect(figures.failures).toEqual({ deployment: 1, rollback: 1, incident: 0 })
  expect(figures.change_failure_rate).toMatchObject({ value: 2 / 5, count: 5 })
  // deploy 2 until deploy 3, deploy 4 until deploy 5.
  expect(figures.time_to_restore).toMatchObject({ value: 9 * 3600, count: 2 })
  // Of deploy 1, 2 and 5 it is known what they brought; deploy 2 brought the fix.
  expect(figures.rework_rate).toMatchObject({ value: 1 / 3, count: 3 })
  expect(figures.rework_rate.funnel.excluded).toContainEqual({
    step: 'paired',
    reason: 'no_change',
    count: 2,
  })
})

it('comes to the same figures in any order, with any span any number of times', async () => {
  const expected = await measured(week)
  const places = week.map((_, place) => place)
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray([...places, ...places], { minLength: 2 * places.length }),
      fc.array(fc.constantFrom(...places), { maxLength: 10 }),
      async (shuffled, more) => {
        expect(await measured([...shuffled, ...more].flatMap((place) => week[place] ?? []))).toEqual(expected)
      },
    ),
    { numRuns: 50 },
  )
})

it('looks at its window only', async () => {
  const figures = await measured([...week, deploy('old', 'r0', -100)])
  expect(figures.deployment_frequency.funnel.excluded).toContainEqual({
    step: 'classified',
    reason: 'outside_window',
    count: 1,
  })
  expect(figures.deployment_frequency.count).toBe(4)

  const newest = await measured(week, { window: '24h', window_end: 'newest' })
  expect(newest.period).toEqual({ from: monday + 38.5 * hour, until: monday + 62.5 * hour })
  expect(newest.deployment_frequency.count).toBe(1)
})

it('tells repositories apart', async () => {
  const connector = createComponent(
    valueStreamConnector,
    { ...settings, group_by: 'repository', max_groups: 1 },
    { clock: fakeClock(noon) },
  )
  const other = deploy('other', 'x', 3, { repository: 'billing' })
  await connector.consumeTraces(Traces.of([...week, other]), { signal })

  const { all, repositories } = connector.measure()
  expect(all.deployment_frequency.count).toBe(5)
  expect([...repositories.keys()]).toEqual(['acme/shop'])
  expect(repositories.get('acme/shop')?.deployment_frequency.count).toBe(4)
})

it('hands on the very batch, and takes no notice of one that is refused', async () => {
  const next = new TracesSink()
  const connector = createComponent(valueStreamConnector, settings, { next, clock: fakeClock(noon) })
  const batch = Traces.of(week)
  next.refuseWith(new RetryableError('FULL', 'Full.'))
  await expect(connector.consumeTraces(batch, { signal })).rejects.toThrow('Full.')
  expect(connector.measure().all.deployment_frequency.count).toBe(0)

  next.refuseWith(undefined)
  await connector.consumeTraces(batch, { signal })
  expect(next.batches[0]).toBe(batch)
  expect(connector.measure().all.deployment_frequency.count).toBe(4)
})

describe('with storage', () => {
  const boot = async (disk: MemoryStorage, config: object = settings) => {
    const connector = createComponent(
      valueStreamConnector,
      { ...config, storage: 'disk' },
      { clock: fakeClock(noon) },
    )
    await connector.start(testHost({ disk: disk.extension() }))
    return connector
  }

  it('goes on after the death of the process with what it had answered for', async () => {
    const disk = new MemoryStorage(fakeClock())
    const first = await boot(disk)
    await first.consumeTraces(Traces.of(week.slice(0, 9)), { signal })
    disk.crash()

    const second = await boot(disk)
    await second.consumeTraces(Traces.of(week.slice(6)), { signal })

    expect(second.measure().all).toEqual(await measured(week))
  })

  it('asks for a resend when the disk takes nothing, and writes it then', async () => {
    const disk = new MemoryStorage(fakeClock())
    const first = await boot(disk)
    disk.refuse()
    await expect(first.consumeTraces(Traces.of(week), { signal })).rejects.toMatchObject({
      code: 'STORAGE_FULL',
    })
    disk.mend()
    await first.consumeTraces(Traces.of(week), { signal })
    disk.crash()

    expect((await boot(disk)).measure().all).toEqual(await measured(week))
  })

  it('forgets on the disk, too, what is too much', async () => {
    const disk = new MemoryStorage(fakeClock())
    const first = await boot(disk, { max_items: 100 })
    const many = Array.from({ length: 250 }, (_, index) => deploy(`d${index}`, 'r', index / 10))
    await first.consumeTraces(Traces.of(many), { signal })
    disk.crash()

    const second = await boot(disk, { max_items: 1_000, window: '8760h' })
    expect(second.measure().all.deployment_frequency.funnel.received).toBe(100)
  })
})

it('logs its figures when they have changed, and at the stop', async () => {
  const [clock, telemetry] = [fakeClock(noon), testTelemetry()]
  const connector = createComponent(
    valueStreamConnector,
    { ...settings, report_interval: '10s' },
    { clock, telemetry },
  )
  await connector.start(testHost())
  await connector.consumeTraces(Traces.of(week.slice(0, 9)), { signal })
  await clock.advance(30_000)
  expect(telemetry.logger.lines).toHaveLength(1)

  await connector.consumeTraces(Traces.of(week), { signal })
  await connector.shutdown()
  expect(telemetry.logger.lines).toHaveLength(2)
  expect(telemetry.logger.lines[1]?.fields).toMatchObject({
    deployment_frequency: '0.57 a day (4 of 6 items)',
    change_failure_rate: '40.0 % (5 of 6 items)',
    failures: '1 failed, 1 rolled back, 0 with an incident',
  })
})
