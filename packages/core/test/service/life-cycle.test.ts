import { EventEmitter } from 'node:events'

import { StartError } from '@spanloom/core'
import { fakeClock, type FakeClock } from '@spanloom/core/testing'
import { describe, expect, test } from 'vitest'

import { run } from '../../src/service/run.ts'
import { testCollector, type Recording, type TestCollector, type TestConfig } from './recording.ts'

const twoPipelines: TestConfig = {
  pipelines: {
    'traces/in': { receivers: ['in'], processors: ['p1', 'p2'], exporters: ['join', 'copy'] },
    'traces/out': { receivers: ['join', 'side'], processors: ['q'], exporters: ['out'] },
  },
  connectors: ['join'],
  extensions: ['health', 'auth'],
}
const startOrder = [
  'start health',
  'start auth',
  'start out',
  'start copy',
  'start q',
  'start join',
  'start p2',
  'start p1',
  'start in',
  'start side',
  'ready health',
  'ready auth',
]
const stopOrder = [
  'notReady health',
  'notReady auth',
  'stop side',
  'stop in',
  'stop p1',
  'stop p2',
  'stop join',
  'stop q',
  'stop copy',
  'stop out',
  'stop auth',
  'stop health',
]
const never = new AbortController().signal

describe('a collector', () => {
  test('starts extensions, then pipelines downstream first, and stops the other way (RUN-02, SIG-01)', async () => {
    const { collector, events } = await testCollector(twoPipelines)

    await collector.start()
    expect(events).toEqual(startOrder)

    events.length = 0
    expect(await collector.shutdown(never)).toEqual({ failures: [], cutShort: false })
    expect(events).toEqual(stopOrder)
  })

  test('says once that everything is ready, after all starts (RUN-04)', async () => {
    const { collector, stderr, behaviours } = await testCollector(twoPipelines)
    const sentence = 'Everything is ready. Begin running and processing data.'
    let saidEarly = false
    behaviours.set('side', { start: () => void (saidEarly = stderr.text.includes(sentence)) })

    await collector.start()

    expect(saidEarly).toBe(false)
    expect(stderr.messages.filter((message) => message === sentence)).toHaveLength(1)
    expect(stderr.lines.find((line) => line.includes('Starting spanloom...'))).toMatch(
      /"Version":"0\.0\.0-test","NumCPU":\d+/,
    )
    await collector.shutdown(never)
  })

  test('logs the steps of a stop in order (SIG-07)', async () => {
    const { collector, stderr } = await testCollector(twoPipelines)
    await collector.start()
    await collector.shutdown(never)
    expect(stderr.messages.slice(-3)).toEqual([
      'Starting shutdown...',
      'Stopping extensions...',
      'Shutdown complete.',
    ])
  })

  test('stops what was started when a start fails (RUN-03)', async () => {
    const { collector, events, behaviours, stderr } = await testCollector(twoPipelines)
    behaviours.set('p1', {
      start: () => {
        throw new StartError('BROKEN', 'no disk', { hint: 'Buy one.' })
      },
    })

    const failure = await collector.start().then(
      () => undefined,
      (error: unknown) => error,
    )

    expect(failure).toBeInstanceOf(StartError)
    expect(failure).toMatchObject({ message: 'failed to start "p1" processor: no disk', hint: 'Buy one.' })
    expect(events.filter((event) => event.startsWith('stop'))).toEqual([
      'stop p1',
      'stop p2',
      'stop join',
      'stop q',
      'stop copy',
      'stop out',
      'stop auth',
      'stop health',
    ])
    expect(events.some((event) => event.includes('eady'))).toBe(false)
    expect(stderr.text).toContain('Failed to start component.')
  })

  test('creates everything before it starts anything, and starts nothing when a creation fails', async () => {
    const events: string[] = []
    const building = testCollector(twoPipelines, {
      prepare: (recording) => {
        recording.behaviours.set('side', {
          create: () => {
            events.push(...recording.events)
            throw new Error('bad settings')
          },
        })
      },
    })
    await expect(building).rejects.toThrow('failed to create "side" receiver: bad settings')
    expect(events).toEqual([])
  })

  test('goes on stopping when a component fails to stop, and names it (SIG-03)', async () => {
    const { collector, events, behaviours, stderr } = await testCollector(twoPipelines)
    behaviours.set('q', {
      shutdown: () => {
        throw new Error('stuck')
      },
    })
    await collector.start()

    const { failures } = await collector.shutdown(never)

    expect(failures).toMatchObject([{ kind: 'processor', id: 'q' }])
    expect(events.at(-1)).toBe('stop health')
    expect(stderr.lines.find((line) => line.includes('Failed to stop component.'))).toContain(
      '"otelcol.component.id":"q"',
    )
  })

  test('may be stopped twice, and without a start (SIG-04)', async () => {
    const { collector, events } = await testCollector(twoPipelines)
    await collector.shutdown(never)
    await collector.shutdown(never)
    expect(events).toEqual([])
  })

  test('makes one instance of a shared receiver and exporter, and one of a processor for each pipeline (CFG-10)', async () => {
    const recorded = await testCollector({
      pipelines: {
        'traces/a': { receivers: ['in'], processors: ['p'], exporters: ['out'] },
        'traces/b': { receivers: ['in'], processors: ['p'], exporters: ['out'] },
      },
    })
    expect(['in', 'p', 'out'].map((id) => recorded.created(id))).toEqual([1, 2, 1])
  })

  test('reports the status of every component around start and stop (STA-01)', async () => {
    const { collector, behaviours } = await testCollector({
      pipelines: { traces: { receivers: ['in'], exporters: ['out'] } },
    })
    const seen: string[] = []
    collector.view.onStatus(({ id, pipelines, status }) =>
      seen.push(`${id} ${pipelines.join()} ${status.kind}`),
    )
    behaviours.set('in', {
      shutdown: () => {
        throw new Error('stuck')
      },
    })

    await collector.start()
    expect(collector.view.components().map(({ status }) => status.kind)).toEqual(['OK', 'OK'])
    await collector.shutdown(never)

    expect(seen).toEqual([
      'out traces Starting',
      'out traces OK',
      'in traces Starting',
      'in traces OK',
      'in traces Stopping',
      'in traces PermanentError',
      'out traces Stopping',
      'out traces Stopped',
    ])
  })

  test('leaves a status alone that the component reported itself during its start (STA-01)', async () => {
    const { collector, behaviours, telemetry } = await testCollector(twoPipelines)
    behaviours.set('out', {
      start: () => telemetry.get('out')?.status.recoverableError(new Error('not yet')),
    })
    await collector.start()
    expect(collector.view.components().find(({ id }) => id === 'out')?.status.kind).toBe('RecoverableError')
    await collector.shutdown(never)
  })
})

class Process extends EventEmitter {
  signal(name: string): void {
    this.emit(name, name, 15)
  }
}

interface Run extends TestCollector {
  readonly process: Process
  readonly clock: FakeClock
  readonly exit: Promise<number>
}

async function running(
  settings: Partial<TestConfig> = {},
  { prepare, stop }: { prepare?: (recording: Recording) => void; stop?: AbortSignal } = {},
): Promise<Run> {
  const clock = fakeClock()
  const recorded = await testCollector(
    { ...twoPipelines, ...settings },
    { clock, ...(prepare ? { prepare } : {}) },
  )
  const process = new Process()
  const ready = Promise.withResolvers<void>()
  const exit = run({
    collector: recorded.collector,
    events: process,
    clock,
    stop,
    onReady: ready.resolve,
  })
  await Promise.race([ready.promise, exit])
  return { ...recorded, process, clock, exit }
}

const hang = (): Promise<void> => new Promise(() => undefined)

describe('a run', () => {
  test.each(['SIGINT', 'SIGTERM'])('ends with 0 after %s (CLI-20)', async (name) => {
    const { process, exit, events, stderr } = await running()

    process.signal(name)

    expect(await exit).toBe(0)
    expect(events.slice(startOrder.length)).toEqual(stopOrder)
    expect(stderr.messages.slice(-4)).toEqual([
      'Received signal from OS',
      'Starting shutdown...',
      'Stopping extensions...',
      'Shutdown complete.',
    ])
    expect(stderr.text).toContain(`"signal":"${name}"`)
    expect(process.eventNames()).toEqual([])
  })

  test('ends with 0 when the program around it asks for it', async () => {
    const stop = new AbortController()
    const { exit } = await running({}, { stop: stop.signal })
    stop.abort()
    expect(await exit).toBe(0)
  })

  test('ends with 1 when a component fails for good (CLI-22, STA-03)', async () => {
    const { exit, telemetry, events, stderr } = await running()

    telemetry.get('side')?.status.fatalError(new Error('listener died'))

    expect(await exit).toBe(1)
    expect(events.at(-1)).toBe('stop health')
    expect(stderr.text).toContain('listener died')
  })

  test('goes on after a PermanentError (STA-03)', async () => {
    const { exit, telemetry, process, events } = await running()
    telemetry.get('out')?.status.permanentError(new Error('bad credentials'))
    await Promise.resolve()
    expect(events).toEqual(startOrder)
    process.signal('SIGTERM')
    expect(await exit).toBe(0)
  })

  test.each(['uncaughtException', 'unhandledRejection'])(
    'stops once and ends with 1 after an %s (CLI-25)',
    async (name) => {
      const { exit, process, stderr, events } = await running()

      process.emit(name, new TypeError('bug'))
      process.emit(name, new TypeError('another'))

      expect(await exit).toBe(1)
      expect(stderr.text).toContain('life-cycle.test.ts')
      expect(events.filter((event) => event === 'stop out')).toHaveLength(1)
    },
  )

  test('ends with 1 when a component fails to stop (CLI-23)', async () => {
    const { exit, process } = await running(
      {},
      {
        prepare: ({ behaviours }) =>
          behaviours.set('out', { shutdown: () => Promise.reject(new Error('stuck')) }),
      },
    )
    process.signal('SIGTERM')
    expect(await exit).toBe(1)
  })

  test('gives up at service.shutdown_timeout, names who hangs and ends with 1 (SIG-05)', async () => {
    const signals: AbortSignal[] = []
    const { exit, process, clock, stderr, events } = await running(
      { shutdownTimeoutMs: 5000 },
      {
        prepare: ({ behaviours }) => {
          behaviours.set('p2', { shutdown: (signal) => (signals.push(signal), hang()) })
        },
      },
    )
    process.signal('SIGTERM')
    await clock.advance(4999)
    expect(signals[0]?.aborted).toBe(false)

    await clock.advance(1)
    expect(signals[0]?.aborted).toBe(true)
    await clock.advance(500)

    expect(await exit).toBe(1)
    expect(events.at(-1)).toBe('stop health')
    expect(stderr.messages).toContain('Shutdown limit reached. Giving up.')
    expect(stderr.lines.find((line) => line.includes('Failed to stop component.'))).toContain('"p2"')
  })

  test('has no limit with a shutdown_timeout of 0', async () => {
    const gate = Promise.withResolvers<void>()
    const { exit, process, clock } = await running(
      { shutdownTimeoutMs: 0 },
      { prepare: ({ behaviours }) => behaviours.set('out', { shutdown: () => gate.promise }) },
    )
    process.signal('SIGTERM')
    await clock.advance(3_600_000)
    gate.resolve()
    expect(await exit).toBe(0)
  })

  test('stops waiting at the second signal and ends with 1 (DIF-20)', async () => {
    const { exit, process, clock, stderr } = await running(
      {},
      {
        prepare: ({ behaviours }) => behaviours.set('in', { shutdown: hang }),
      },
    )
    process.signal('SIGTERM')
    await clock.advance(10)
    process.signal('SIGINT')
    await clock.advance(500)

    expect(await exit).toBe(1)
    expect(stderr.messages).toContain('Second signal received. Giving up.')
  })

  test('keeps serving for service.shutdown_delay with readiness off (SIG-06)', async () => {
    const { exit, process, clock, events } = await running({ shutdownDelayMs: 3000 })
    process.signal('SIGTERM')
    await clock.advance(2999)
    expect(events.slice(startOrder.length)).toEqual(['notReady health', 'notReady auth'])

    await clock.advance(1)
    expect(await exit).toBe(0)
    expect(events.slice(startOrder.length)).toEqual(stopOrder)
  })

  test('a signal during the start stops the collector as soon as it has started', async () => {
    const { process, exit, events, behaviours } = await (async () => {
      const process = new Process()
      const recorded = await testCollector(twoPipelines)
      recorded.behaviours.set('in', { start: () => process.signal('SIGTERM') })
      const exit = run({ collector: recorded.collector, events: process })
      return { ...recorded, process, exit }
    })()
    expect(behaviours.size).toBe(1)
    expect(await exit).toBe(0)
    expect(events.at(-1)).toBe('stop health')
    expect(process.eventNames()).toEqual([])
  })

  test('a second signal ends a start that hangs', async () => {
    const process = new Process()
    const { collector, behaviours } = await testCollector(twoPipelines)
    const starting = Promise.withResolvers<void>()
    behaviours.set('q', { start: () => (starting.resolve(), hang()) })
    const exit = run({ collector, events: process })
    await starting.promise

    process.signal('SIGINT')
    process.signal('SIGINT')

    expect(await exit).toBe(1)
  })
})
