import { RetryableError } from '@spanloom/core'
import { describe, expect, test } from 'vitest'

import { type TestConfig } from './recording.ts'
import { base, batch, context, send, settled, started, stop, withSettings } from './reloading.ts'

describe('what stays', () => {
  test('goes on as the same instance when nothing has changed', async () => {
    const made = await started()
    expect(await made.collector.reload()).toEqual({
      outcome: 'success',
      everything: false,
      restarted: [],
      started: [],
      stopped: [],
    })
    expect(made.events).toEqual([])
    expect(made.stderr.messages.at(-1)).toBe('Config read again. It is the same.')
    await stop(made)
  })

  test('is wired to what takes the place of another (vector 20)', async () => {
    const made = await started()
    made.change(withSettings({ out: { to: 'elsewhere' } }))

    expect(await made.collector.reload()).toMatchObject({ outcome: 'success', restarted: ['exporter:out'] })
    const traces = batch()
    await send(made, traces)

    expect(['in', 'p', 'out', 'copy'].map((id) => made.created(id))).toEqual([1, 1, 2, 1])
    expect(made.instances('out').map(({ taken }) => taken)).toEqual([[], [traces]])
    expect(made.instances('copy')[0]?.taken).toEqual([traces])
    await settled()
    expect(made.events).toEqual(['start out', 'stop out'])
    expect(made.stderr.lines.find((line) => line.includes('Config updated.'))).toContain(
      '"restarted":["exporter:out"],"started":[],"stopped":[]}',
    )
    await stop(made)
  })

  test('hands its data past a processor that is gone and through one that is new', async () => {
    const made = await started()
    made.change({
      pipelines: { traces: { receivers: ['in'], processors: ['q'], exporters: ['out', 'copy'] } },
    })

    expect(await made.collector.reload()).toMatchObject({
      started: ['processor:q@traces'],
      stopped: ['processor:p@traces'],
    })
    await send(made)

    expect(['p', 'q', 'out'].map((id) => made.instances(id).at(-1)?.taken.length)).toEqual([0, 1, 1])
    await stop(made)
  })

  test('is named with its pipelines of today in status and accounts', async () => {
    const made = await started()
    made.change({
      pipelines: { ...base.pipelines, 'traces/more': { receivers: ['side'], exporters: ['out'] } },
    })

    await made.collector.reload()

    const pipelines = made.collector.view.components().find(({ id }) => id === 'out')?.pipelines
    expect(pipelines).toEqual(['traces', 'traces/more'])
    expect(made.collector.accounting().find(({ id }) => id === 'out')?.pipelines).toEqual(pipelines)
    expect(made.collector.view.pipelines().map(({ id }) => id)).toEqual(pipelines)
    await stop(made)
  })

  test('includes receivers and exporters when a connector is put between pipelines, and taken out', async () => {
    const made = await started()
    const joined: TestConfig = {
      pipelines: {
        traces: { receivers: ['in'], processors: ['p'], exporters: ['join'] },
        'traces/out': { receivers: ['join'], exporters: ['out', 'copy'] },
      },
      connectors: ['join'],
    }

    made.change(joined)
    await made.collector.reload()
    await send(made)
    made.change(base)
    await made.collector.reload()
    await send(made)

    expect(['in', 'p', 'join', 'out'].map((id) => made.created(id))).toEqual([1, 1, 1, 1])
    expect(made.instances('join')[0]).toMatchObject({ state: 'stopped', taken: { length: 1 } })
    expect(made.instances('out')[0]?.taken).toHaveLength(2)
    await stop(made)
  })

  test('does not get a batch again that it has taken, when another stage refused it and was replaced', async () => {
    const made = await started()
    const traces = batch()
    made.consumers.set('out', () => Promise.reject(new RetryableError('FULL', 'full')))
    await expect(send(made, traces)).rejects.toThrow('full')
    made.consumers.delete('out')
    made.change(withSettings({ out: { to: 'elsewhere' }, copy: { to: 'elsewhere' } }))

    await made.collector.reload()
    await send(made, traces)

    expect(made.instances('out').map(({ taken }) => taken.length)).toEqual([0, 1])
    expect(made.instances('copy').map(({ taken }) => taken.length)).toEqual([1, 0])
    await stop(made)
  })
})

describe('order', () => {
  test('is: new ones downstream first, then old ones upstream first', async () => {
    const made = await started()
    made.change({
      pipelines: { traces: { receivers: ['in2'], processors: ['p2'], exporters: ['out2', 'copy'] } },
    })

    await made.collector.reload()
    await settled()

    expect(made.events).toEqual(['start out2', 'start p2', 'start in2', 'stop in', 'stop p', 'stop out'])
    await stop(made)
  })

  test('shows the old instance no longer once the new one is in its place', async () => {
    const made = await started()
    const gate = Promise.withResolvers<void>()
    made.behaviours.set('out', { shutdown: () => gate.promise })
    made.change(withSettings({ out: { to: 'elsewhere' } }))

    await made.collector.reload()
    await settled()

    expect(made.events).toEqual(['start out', 'stop out'])
    expect(made.collector.view.components().map(({ id, status }) => [id, status.kind])).toEqual(
      ['copy', 'p', 'in', 'out'].map((id) => [id, 'OK']),
    )
    gate.resolve()
    await stop(made)
  })

  test('lets a call end in the old instance before that is stopped', async () => {
    const made = await started()
    const gate = Promise.withResolvers<void>()
    made.consumers.set('out', () => gate.promise)
    const sent = send(made)
    await settled()
    made.consumers.delete('out')
    made.change(withSettings({ out: { to: 'elsewhere' } }))

    await made.collector.reload()
    await send(made)
    expect(made.instances('out').map(({ state, taken }) => [state, taken.length])).toEqual([
      ['started', 0],
      ['started', 1],
    ])
    gate.resolve()
    await sent
    await settled()

    expect(made.instances('out').map(({ state, taken }) => [state, taken.length])).toEqual([
      ['stopped', 1],
      ['started', 1],
    ])
    await stop(made)
  })

  test('drains what an old processor holds into the stages that run', async () => {
    const made = await started()
    const [old] = made.instances('p')
    const traces = batch()
    made.behaviours.set('p', {
      async shutdown(_, settings) {
        if (settings !== made.instances('p')[1]?.settings) await old?.next?.consumeTraces(traces, context)
      },
    })
    made.change(withSettings({ p: { other: true }, out: { to: 'elsewhere' } }))

    await made.collector.reload()
    await settled()
    await settled()

    expect(made.instances('out')[1]?.taken).toEqual([traces])
    await stop(made)
  })
})

describe('accounts', () => {
  test('go on when one instance takes the place of another, and close', async () => {
    const made = await started()
    await send(made)
    const held = 2
    made.instances('p')[0]?.telemetry.accounting.held(() => held)
    made.change(withSettings({ p: { other: 1 }, out: { to: 'elsewhere' } }))
    await made.collector.reload()
    await settled()
    await send(made)

    const books = made.collector.accounting()
    expect(books.map(({ id, in: taken, out, held: holding }) => [id, taken, out, holding])).toEqual([
      ['out', 6, 6, 0],
      ['copy', 6, 6, 0],
      ['p', 6, 6, 0],
      ['in', 6, 6, 0],
    ])
    expect(books.every(({ balanced }) => balanced)).toBe(true)
    await stop(made)
  })

  test('are balanced while calls are under way, and not when spans vanish', async () => {
    const made = await started()
    const gate = Promise.withResolvers<void>()
    made.consumers.set('out', () => gate.promise)
    const sent = send(made)
    await settled()
    expect(made.collector.accounting().map(({ id, inFlight, balanced }) => [id, inFlight, balanced])).toEqual(
      [
        ['out', 3, true],
        ['copy', 0, true],
        ['p', 6, true],
        ['in', 3, true],
      ],
    )
    gate.resolve()
    await sent
    made.consumers.set('p', () => Promise.resolve())
    await send(made)
    expect(made.collector.accounting().find(({ id }) => id === 'p')).toMatchObject({
      in: 6,
      out: 3,
      balanced: false,
    })
    await stop(made)
  })
})

describe('one at a time', () => {
  test('and one more for all that ask meanwhile (RLD-04)', async () => {
    const made = await started()
    const gate = Promise.withResolvers<void>()
    made.behaviours.set('out', { start: () => gate.promise })
    made.change(withSettings({ out: { to: 1 } }))

    const first = made.collector.reload()
    await settled()
    const others = [made.collector.reload(), made.collector.reload(), made.collector.reload()]
    made.change(withSettings({ out: { to: 2 } }))
    gate.resolve()
    await Promise.all([first, ...others])

    expect(made.loads()).toBe(2)
    expect(made.instances('out').map(({ settings }) => settings)).toEqual([{}, { to: 1 }, { to: 2 }])
    await stop(made)
  })

  test('and not before the old instances of the one before are gone', async () => {
    const made = await started()
    const gate = Promise.withResolvers<void>()
    made.behaviours.set('out', { shutdown: () => gate.promise })
    made.change(withSettings({ out: { to: 1 } }))
    await made.collector.reload()

    const second = made.collector.reload()
    await settled()
    expect(made.loads()).toBe(1)
    gate.resolve()
    await second

    expect(made.loads()).toBe(2)
    await stop(made)
  })
})
