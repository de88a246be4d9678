import type { SpanInit } from '@spanloom/core'
import { describe, expect, it } from 'vitest'

import { durations, id, machine, type Machine, part, second } from './machine.ts'

it('keeps a closing end that waits, and what it has closed', async () => {
  const { clock, disk, boot } = machine()
  const grouped = (number: number, rest: Partial<SpanInit>) =>
    part(number, { ...rest, attributes: { 'spanloom.group': 'connection' } })
  const closed = part(9, {
    endTime: 20n * second,
    attributes: { 'spanloom.key': 'connection', 'spanloom.close': true },
  })
  const first = await boot()
  await first.send(grouped(1, { startTime: 10n * second }), closed)
  disk.crash()

  const life = await boot()
  await clock.advance(1_000)
  await life.send(grouped(2, { startTime: 11n * second }))
  await clock.advance(3_100)
  disk.crash()
  const last = await boot()
  await clock.advance(26_000)
  await last.send(grouped(3, { startTime: 12n * second }))
  await clock.advance(2_000)

  expect(durations(life)).toEqual([
    [id(1), 10_000_000_000n],
    [id(2), 9_000_000_000n],
  ])
  expect(last.next.spanCount).toBe(0)
  expect(last.processor.held).toBe(1)
})

it('makes up for a closing end whose process died before it was passed on', async () => {
  const { clock, disk, boot } = machine()
  const connection = { 'spanloom.key': 'connection' }
  const member = (number: number) =>
    part(number, { startTime: 10n * second, attributes: { 'spanloom.group': 'connection' } })
  const first = await boot()
  await first.send(part(9, { startTime: second, attributes: connection }), member(1))
  await first.send(part(9, { endTime: 20n * second, attributes: { ...connection, 'spanloom.close': true } }))
  disk.crash()

  const life = await boot()
  await clock.advance(2_100)
  expect(new Map(durations(life))).toEqual(
    new Map([
      [id(9), 19_000_000_000n],
      [id(1), 10_000_000_000n],
    ]),
  )
  disk.crash()
  const last = await boot()
  await last.send(member(2))
  await clock.advance(2_000)

  expect(durations(last)).toEqual([[id(2), 10_000_000_000n]])
})

it('closes what was taken a moment before its process died and had not been told of the closing end', async () => {
  const { clock, disk, boot } = machine()
  const member = (number: number) =>
    part(number, { startTime: 10n * second, attributes: { 'spanloom.group': 'connection' } })
  const closing = { 'spanloom.key': 'connection', 'spanloom.close': true }
  const first = await boot()
  await first.send(member(1))
  await first.send(part(9, { endTime: 20n * second, attributes: closing }))
  await clock.advance(100)
  await first.send(member(2))
  disk.crash()

  const life = await boot()
  await clock.advance(2_100)
  disk.crash()
  // Long after the closing end has expired.
  await clock.advance(60_000)
  const last = await boot()
  await last.send(member(3))
  await clock.advance(2_100)

  expect(new Map(durations(life))).toEqual(
    new Map([
      [id(1), 10_000_000_000n],
      [id(2), 10_000_000_000n],
    ]),
  )
  expect(durations(last)).toEqual([])
})

it('closes it, too, when the closing end has expired before the next process begins', async () => {
  const { clock, disk, boot } = machine()
  const member = (number: number) =>
    part(number, { startTime: 10n * second, attributes: { 'spanloom.group': 'connection' } })
  const first = await boot()
  await first.send(
    part(9, { endTime: 20n * second, attributes: { 'spanloom.key': 'connection', 'spanloom.close': true } }),
  )
  await clock.advance(100)
  await first.send(member(2))
  disk.crash()
  await clock.advance(60_000)

  const life = await boot()
  await life.send(member(3))
  await clock.advance(2_100)

  expect(durations(life)).toEqual([[id(2), 10_000_000_000n]])
  expect(life.processor.held).toBe(1)
})

describe('a parent that has left', () => {
  const left = async (parent: Partial<SpanInit>): Promise<Machine> => {
    const host = machine()
    const life = await host.boot()
    await life.send(part(1, { startTime: second, endTime: 9n * second, ...parent }))
    await host.clock.advance(2_100)
    expect(life.next.spanCount).toBe(1)
    host.disk.crash()
    return host
  }
  const parentOf = async ({ boot, clock }: Machine, child: Partial<SpanInit>) => {
    const life = await boot()
    await life.send(part(2, { startTime: 2n * second, endTime: 3n * second, ...child }))
    await clock.advance(2_000)
    const [span] = life.next.spans
    return [span?.parentSpanId, span?.attribute('spanloom.parent.ignored')]
  }

  it('is found by its key after a restart', async () => {
    const host = await left({ attributes: { 'spanloom.key': 'order' } })

    expect(await parentOf(host, { attributes: { 'spanloom.parent.key': 'order' } })).toEqual([
      id(1),
      undefined,
    ])
  })

  it('is found by its alias after a restart', async () => {
    const host = await left({ attributes: { 'spanloom.key': 'order', 'spanloom.alias': ['invoice'] } })

    expect(await parentOf(host, { attributes: { 'spanloom.parent.key': 'invoice' } })).toEqual([
      id(1),
      undefined,
    ])
  })

  it('is found by its ids after a restart', async () => {
    const host = await left({ parentSpanId: id(2), attributes: { 'spanloom.key': 'order' } })

    expect(await parentOf(host, { parentSpanId: id(1), attributes: { 'spanloom.key': 'child' } })).toEqual([
      '',
      'cycle',
    ])
  })
})
