import { ConfigError, StartError } from '@spanloom/core'
import { describe, expect, test } from 'vitest'

import { type TestConfig } from './recording.ts'
import { base, batch, context, send, settled, started, stop, withSettings } from './reloading.ts'

describe('a component beside which nothing may run', () => {
  const exclusive: TestConfig = { ...base, exclusive: ['out'] }

  test('is stopped before the next one starts, and calls wait meanwhile', async () => {
    const made = await started(exclusive)
    const gate = Promise.withResolvers<void>()
    made.behaviours.set('out', { shutdown: () => gate.promise })
    made.change(withSettings({ out: { to: 'elsewhere' } }, exclusive))

    const reloading = made.collector.reload()
    await settled()
    const sent = send(made)
    await settled()
    expect(made.instances('copy')[0]?.taken).toHaveLength(1)
    expect(made.events).toEqual(['stop out'])
    gate.resolve()
    await sent
    await reloading

    expect(made.events).toEqual(['stop out', 'start out'])
    expect(made.instances('out').map(({ taken }) => taken.length)).toEqual([0, 1])
    await stop(made)
  })

  test('runs again with its old settings when something else cannot start', async () => {
    const made = await started(exclusive)
    made.behaviours.set('in', { start: () => Promise.reject(new Error('no port')) })
    made.change(withSettings({ out: { to: 'elsewhere' }, in: { port: 1 } }, exclusive))

    expect(await made.collector.reload()).toMatchObject({ outcome: 'failure' })
    const traces = batch()
    await made.instances('in')[0]?.next?.consumeTraces(traces, context)

    expect(made.instances('out').map(({ settings, state, taken }) => [settings, state, taken])).toEqual([
      [{}, 'stopped', []],
      [{ to: 'elsewhere' }, 'stopped', []],
      [{}, 'started', [traces]],
    ])
    await stop(made)
    expect(made.instances('out').map(({ state }) => state)).toEqual(['stopped', 'stopped', 'stopped'])
  })

  test('refuses for the time being when it cannot come back', async () => {
    const made = await started(exclusive)
    made.behaviours.set('out', { start: () => Promise.reject(new Error('no disk')) })
    made.change(withSettings({ out: { to: 'elsewhere' } }, exclusive))

    expect(await made.collector.reload()).toMatchObject({ outcome: 'failure' })

    await expect(send(made)).rejects.toThrow('does not run')
    expect(made.stderr.messages).toContain('The component could not be started again with its old settings.')
    expect(made.collector.view.components().find(({ id }) => id === 'out')?.status.kind).toBe(
      'PermanentError',
    )
    await stop(made)
  })

  test('frees a caller that no longer waits', async () => {
    const made = await started(exclusive)
    const gate = Promise.withResolvers<void>()
    made.behaviours.set('out', { shutdown: () => gate.promise })
    made.change(withSettings({ out: { to: 'elsewhere' } }, exclusive))
    const reloading = made.collector.reload()
    await settled()
    const caller = new AbortController()

    const sent = made.instances('in')[0]?.next?.consumeTraces(batch(), { signal: caller.signal })
    caller.abort()

    await expect(sent).rejects.toThrow('is being exchanged')
    gate.resolve()
    await reloading
    await stop(made)
  })
})

describe('a configuration that cannot be used', () => {
  const fault = {
    code: 'unknown_key',
    path: ['exporters', 'out', 'endpiont'],
    message: "'exporters::out' has invalid keys: endpiont",
    suggestion: 'endpoint',
    source: 'pipeline.yaml',
    line: 7,
    column: 5,
    frame: '7 |     endpiont: x\n  |     ^^^^^^^^',
  }

  test('changes nothing, and its faults are logged with an excerpt (vector 19)', async () => {
    const made = await started()
    made.change(new ConfigError([fault]))

    expect(await made.collector.reload()).toEqual({
      outcome: 'failure',
      message: 'The configuration has a fault.',
      issues: [
        {
          file: 'pipeline.yaml',
          line: 7,
          column: 5,
          path: 'exporters::out::endpiont',
          code: 'unknown_key',
          message: fault.message,
          suggestion: 'endpoint',
        },
      ],
    })
    await send(made)

    expect(made.events).toEqual([])
    const line = made.stderr.lines.find((each) =>
      each.includes('Config not updated. The one before goes on.'),
    )
    expect(line).toContain('"issues":[{"file":"pipeline.yaml","line":7,')
    expect(made.stderr.text).toContain(
      "\n  pipeline.yaml:7:5: exporters::out::endpiont: 'exporters::out' has invalid keys: endpiont\n    7 |     endpiont: x\n      |     ^^^^^^^^\n",
    )
    await stop(made)
  })

  test('changes nothing when a component cannot be created', async () => {
    const made = await started()
    made.behaviours.set('out', {
      create: () => {
        throw new StartError('NO_GOOD', 'bad settings')
      },
    })
    made.change(withSettings({ out: { to: 'elsewhere' }, p: { other: 1 } }))

    expect(await made.collector.reload()).toMatchObject({
      outcome: 'failure',
      message: expect.stringContaining('failed to create "out" exporter: bad settings'),
    })
    expect(made.events).toEqual([])
    await send(made)
    await stop(made)
  })

  test('is undone when a component cannot start, and nobody saw its status', async () => {
    const made = await started()
    const seen: string[] = []
    made.collector.view.onStatus(({ id, status }) => seen.push(`${id} ${status.kind}`))
    made.behaviours.set('in', { start: () => Promise.reject(new Error('no port')) })
    made.change(withSettings({ in: { port: 1 }, p: { other: 1 }, out: { to: 'elsewhere' } }))

    expect(await made.collector.reload()).toMatchObject({
      outcome: 'failure',
      issues: [{ code: 'START_FAILED', message: 'failed to start "in" receiver: no port' }],
    })

    expect(made.events).toEqual(['start out', 'start p', 'start in', 'stop in', 'stop p', 'stop out'])
    expect(seen).toEqual([])
    expect(made.collector.view.components().map(({ id, status }) => [id, status.kind])).toEqual(
      ['out', 'copy', 'p', 'in'].map((id) => [id, 'OK']),
    )
    await made.instances('in')[0]?.next?.consumeTraces(batch(), context)
    expect(made.instances('out').map(({ taken }) => taken.length)).toEqual([1, 0])
    await stop(made)
    expect(made.instances('out').map(({ state }) => state)).toEqual(['stopped', 'stopped'])
  })

  test('can be followed by a good one', async () => {
    const made = await started()
    made.change(new ConfigError([fault]))
    await made.collector.reload()
    made.change(withSettings({ out: { to: 'elsewhere' } }))
    expect(await made.collector.reload()).toMatchObject({ outcome: 'success' })
    await stop(made)
  })
})
