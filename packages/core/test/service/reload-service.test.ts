import { fakeClock } from '@spanloom/core/testing'
import { describe, expect, test } from 'vitest'

import { testCollector, type TestCollector, type TestConfig } from './recording.ts'
import { base, never, send, settled, started, stop, withSettings } from './reloading.ts'

describe('extensions', () => {
  const guarded: TestConfig = {
    ...base,
    pipelines: { traces: { receivers: ['in', 'open'], processors: ['p'], exporters: ['out'] } },
    extensions: ['auth', 'health'],
  }

  async function withUser(): Promise<TestCollector> {
    const made = await testCollector(guarded)
    made.behaviours.set('in', { start: (host) => void host.extension('auth') })
    await made.collector.start()
    made.events.length = 0
    return made
  }

  test('that change restart who uses them, and nobody else', async () => {
    const made = await withUser()
    made.change(withSettings({ auth: { users: 2 } }, guarded))

    expect(await made.collector.reload()).toMatchObject({ restarted: ['extension:auth', 'receiver:in'] })
    await settled()

    expect(made.events).toEqual(['start auth', 'start in', 'ready auth', 'stop in', 'stop auth'])
    await stop(made)
  })

  test('that change restart those that depend on them, too', async () => {
    const made = await testCollector(guarded, {
      prepare: ({ behaviours }) => behaviours.set('health', { dependencies: ['auth'] }),
    })
    await made.collector.start()
    made.events.length = 0
    made.change(withSettings({ auth: { users: 2 } }, guarded))

    expect(await made.collector.reload()).toMatchObject({ restarted: ['extension:auth', 'extension:health'] })
    await settled()

    expect(made.events.slice(0, 2)).toEqual(['start auth', 'start health'])
    expect(made.events.slice(-2)).toEqual(['stop health', 'stop auth'])
    await stop(made)
  })

  test('that go restart who used them', async () => {
    const made = await withUser()
    made.change({ ...guarded, extensions: ['health'] })
    expect(await made.collector.reload()).toMatchObject({
      restarted: ['receiver:in'],
      stopped: ['extension:auth'],
    })
    await settled()
    expect(made.events).toEqual(['start in', 'stop in', 'stop auth'])
    await stop(made)
  })

  test('that come restart who had asked for them', async () => {
    const made = await withUser()
    made.change({ ...guarded, extensions: ['health'] })
    await made.collector.reload()
    made.change(guarded)
    expect(await made.collector.reload()).toMatchObject({
      restarted: ['receiver:in'],
      started: ['extension:auth'],
    })
    await stop(made)
  })
})

describe('own telemetry', () => {
  test('that changes restarts everything and says so (RLD-05)', async () => {
    const made = await started({ ...base, extensions: ['health'] })
    made.change({
      ...base,
      extensions: ['health'],
      telemetry: { metrics: { level: 'none' }, resource: { a: 'b' } },
    })

    expect(await made.collector.reload()).toMatchObject({ outcome: 'success', everything: true })
    await send(made)

    expect(made.events).toEqual([
      'notReady health',
      'stop in',
      'stop p',
      'stop copy',
      'stop out',
      'stop health',
      'start health',
      'start out',
      'start copy',
      'start p',
      'start in',
      'ready health',
    ])
    expect(made.stderr.lines.find((line) => line.includes('Config updated, restart service'))).toContain(
      '\twarn\t',
    )
    expect(made.collector.view.components()).toHaveLength(5)
    await stop(made)
  })

  test('that cannot be used brings everything back as it was', async () => {
    const made = await started()
    let fails = true
    made.behaviours.set('in', {
      start() {
        if (!fails) return
        fails = false
        throw new Error('no port')
      },
    })
    made.change({ ...base, telemetry: { metrics: { level: 'none' }, resource: { a: 'b' } } })

    expect(await made.collector.reload()).toMatchObject({
      outcome: 'failure',
      message: expect.stringContaining('no port'),
    })
    await send(made)

    expect(made.instances('out').map(({ state, taken }) => [state, taken.length])).toEqual([
      ['stopped', 0],
      ['stopped', 0],
      ['started', 1],
    ])
    expect(made.collector.config).toBe(made.config)
    await stop(made)
  })

  test('ends the collector when not even the old one starts again', async () => {
    const made = await started()
    made.behaviours.set('in', { start: () => Promise.reject(new Error('no port')) })
    made.change({ ...base, telemetry: { metrics: { level: 'none' }, resource: { a: 'b' } } })

    await made.collector.reload()

    expect((await made.collector.fatal).status).toMatchObject({ kind: 'FatalError' })
    await stop(made)
  })

  test('ends the collector also when the old one cannot even be created again', async () => {
    const made = await started()
    let creations = 0
    made.behaviours.set('in', {
      create() {
        if (++creations > 1) throw new Error('gone')
      },
      start: () => Promise.reject(new Error('no port')),
    })
    made.change({ ...base, telemetry: { metrics: { level: 'none' }, resource: { a: 'b' } } })

    expect(await made.collector.reload()).toMatchObject({ outcome: 'failure' })

    expect((await made.collector.fatal).status.error?.message).toContain('gone')
    await stop(made)
  })

  test('restarts nothing when only its logs change', async () => {
    const made = await started()
    made.change({
      ...base,
      telemetry: { metrics: { level: 'none' }, logs: { level: 'debug', encoding: 'json' } },
    })

    expect(await made.collector.reload()).toMatchObject({
      outcome: 'success',
      everything: false,
      restarted: [],
    })

    made.instances('in')[0]?.telemetry.logger.debug('Now to be seen.')
    expect(made.stderr.lines.at(-1)).toMatch(/^{"level":"debug".*"msg":"Now to be seen\."/)
    expect(made.events).toEqual([])
    await stop(made)
  })

  test('keeps its logs as they were when the reload fails', async () => {
    const made = await started()
    made.behaviours.set('in', { start: () => Promise.reject(new Error('no port')) })
    made.change({
      ...withSettings({ in: { port: 1 } }),
      telemetry: { metrics: { level: 'none' }, logs: { encoding: 'json' } },
    })
    await made.collector.reload()
    expect(made.stderr.lines.at(-1)).toContain('\terror\t')
    await stop(made)
  })
})

describe('at a shutdown', () => {
  test('a reload that is under way gives up, and everything stops', async () => {
    const made = await started()
    made.behaviours.set('out', { start: () => new Promise(() => undefined) })
    made.change(withSettings({ out: { to: 'elsewhere' } }))
    const reloading = made.collector.reload()
    await settled()

    const report = await made.collector.shutdown(never)

    expect(await reloading).toMatchObject({
      outcome: 'failure',
      message: expect.stringContaining('shutting down'),
    })
    expect(report).toEqual({ failures: [], cutShort: false })
    expect(['in', 'p', 'out', 'copy'].flatMap((id) => made.instances(id).map(({ state }) => state))).toEqual(
      Array.from({ length: 5 }, () => 'stopped'),
    )
  })

  test('no reload begins any more', async () => {
    const made = await started()
    await stop(made)
    expect(await made.collector.reload()).toMatchObject({ outcome: 'failure' })
    expect(made.loads()).toBe(0)
  })

  test('what is still draining from a reload gets as long as everything else', async () => {
    const clock = fakeClock()
    const made = await testCollector(base, { clock })
    await made.collector.start()
    const signals: AbortSignal[] = []
    made.behaviours.set('out', {
      shutdown(signal, settings) {
        if (settings === made.instances('out')[1]?.settings) return undefined
        signals.push(signal)
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
      },
    })
    made.change(withSettings({ out: { to: 'elsewhere' } }))
    await made.collector.reload()
    await clock.advance(1)
    const limit = new AbortController()

    const stopping = made.collector.shutdown(limit.signal)
    await clock.advance(1)
    expect(signals.map(({ aborted }) => aborted)).toEqual([false])
    limit.abort()
    await clock.advance(1000)

    expect(await stopping).toMatchObject({ cutShort: true })
    expect(signals[0]?.aborted).toBe(true)
  })

  test('a reload before the start waits for it', async () => {
    const made = await testCollector(base)
    made.change(withSettings({ out: { to: 'elsewhere' } }))
    const starting = made.collector.start()
    const reloading = made.collector.reload()
    await starting
    expect(await reloading).toMatchObject({ outcome: 'success' })
    await stop(made)
  })
})
