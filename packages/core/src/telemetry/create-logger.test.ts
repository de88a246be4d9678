import { EventEmitter } from 'node:events'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { fakeClock } from '../testing/fake-clock.ts'
import { createLogger, type LogSettings } from './create-logger.ts'

class RecordingStream extends EventEmitter {
  text = ''
  readonly isTTY: boolean
  constructor(isTTY = false) {
    super()
    this.isTTY = isTTY
  }
  write(text: string): boolean {
    this.text += text
    return true
  }
  get lines(): string[] {
    return this.text.split('\n').slice(0, -1)
  }
}

const defaults: LogSettings = {
  level: 'info',
  encoding: 'console',
  outputPaths: ['stderr'],
  initialFields: {},
  caller: false,
  stacktrace: true,
  sampling: undefined,
}

function setUp(settings: Partial<LogSettings> = {}, { isTTY = false, env = {} } = {}) {
  const stdout = new RecordingStream()
  const stderr = new RecordingStream(isTTY)
  const clock = fakeClock(Date.UTC(2026, 7, 21, 10, 0, 0, 5))
  return {
    stdout,
    stderr,
    clock,
    logger: createLogger({ ...defaults, ...settings }, { stdout, stderr, env }, clock),
  }
}

describe('console encoding (LOG-01)', () => {
  test('is time, level, caller, message and fields, separated by tabs', () => {
    const { logger, stderr } = setUp({ caller: true })

    logger.info('Everything is ready.', { spans: 2 })

    expect(stderr.text).toMatch(
      /^2026-08-21T10:00:00\.005Z\tinfo\ttelemetry\/create-logger\.test\.ts:\d+\tEverything is ready\.\t{"spans":2}\n$/,
    )
  })

  test('colours the level on a terminal only, and obeys NO_COLOR and FORCE_COLOR', () => {
    const say = (isTTY: boolean, env: Record<string, string>): string => {
      const { logger, stderr } = setUp({}, { isTTY, env })
      logger.warn('x')
      return stderr.text
    }
    expect(say(true, {})).toContain('\u001b[33mwarn\u001b[0m')
    expect(say(false, {})).not.toContain('\u001b')
    expect(say(true, { NO_COLOR: '1' })).not.toContain('\u001b')
    expect(say(false, { FORCE_COLOR: '1' })).toContain('\u001b[33m')
  })

  test('keeps one record on one line', () => {
    const { logger, stderr } = setUp()
    logger.info('forged\n2026-01-01\terror\tfatal', { text: 'a\nb' })
    expect(stderr.lines).toHaveLength(1)
  })
})

test('a JSON line has level, ts, caller and msg first, then the fields', () => {
  const { logger, stderr } = setUp({ encoding: 'json', caller: true, initialFields: { env: 'test' } })

  logger.child({ 'otelcol.component.id': 'otlp' }).error('Exporting failed.', { error: new Error('boom') })

  const line = JSON.parse(stderr.text)
  expect(Object.keys(line)).toEqual([
    'level',
    'ts',
    'caller',
    'msg',
    'env',
    'otelcol.component.id',
    'error',
    'stacktrace',
  ])
  expect(line).toMatchObject({
    level: 'error',
    ts: '2026-08-21T10:00:00.005Z',
    msg: 'Exporting failed.',
    error: 'boom',
  })
})

test('lines below the level are not written', () => {
  const { logger, stderr } = setUp({ level: 'warn' })
  logger.debug('a')
  logger.info('b')
  logger.warn('c')
  expect(stderr.lines).toHaveLength(1)
})

test('repeated messages are sampled by text: the first ones, then every nth, anew in every tick', async () => {
  const { logger, stderr, clock } = setUp({ sampling: { tickMs: 10_000, initial: 10, thereafter: 100 } })

  for (let count = 0; count < 310; count++) logger.info('again')
  logger.info('once')
  expect(stderr.lines).toHaveLength(10 + 3 + 1)

  await clock.advance(10_000)
  logger.info('again')
  expect(stderr.lines).toHaveLength(15)
})

test('writes to several outputs, files among them', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'spanloom-log-')), 'own.log')
  const { logger, stdout } = setUp({ outputPaths: ['stdout', path] })

  logger.info('both')
  logger.close()

  expect(stdout.text).toContain('both')
  expect(readFileSync(path, 'utf8')).toBe(stdout.text)
})

test('a file that cannot be opened is an error', () => {
  expect(() => setUp({ outputPaths: ['/nowhere/at/all.log'] })).toThrow(
    'failed to open the log output /nowhere/at/all.log: ENOENT',
  )
})

test('an output whose reader went away is ignored', () => {
  const { logger, stderr } = setUp()
  expect(() => stderr.emit('error', Object.assign(new Error('EPIPE'), { code: 'EPIPE' }))).not.toThrow()
  logger.info('still alive')
  expect(stderr.text).toContain('still alive')
})

describe('an excerpt', () => {
  const excerpt = 'pipeline.yaml:3:5: no\n  3 | nope:\u001b[2J\n    | ^^^^'

  test('follows the line for people, so indented that it cannot pass for another one', () => {
    const { logger, stderr } = setUp()
    logger.error('Config not updated.', { faults: 1, excerpt })
    expect(stderr.lines).toEqual([
      expect.stringMatching(/\terror\tConfig not updated\.\t{"faults":1}$/),
      '  pipeline.yaml:3:5: no',
      '    3 | nope: [2J',
      '      | ^^^^',
    ])
  })

  test('is a field like all others for machines', () => {
    const { logger, stderr } = setUp({ encoding: 'json' })
    logger.error('Config not updated.', { excerpt })
    expect(JSON.parse(stderr.text)).toMatchObject({ excerpt })
  })
})

describe('other settings', () => {
  test('are those of the logger and all its children from then on', () => {
    const { logger, stderr, stdout } = setUp({ initialFields: { env: 'a' } })
    const child = logger.child({ part: 1 })
    child.debug('Not seen.')

    logger.change({
      ...defaults,
      level: 'debug',
      encoding: 'json',
      outputPaths: ['stdout'],
      initialFields: { env: 'b' },
    })
    child.debug('Seen.')

    expect(stderr.text).toBe('')
    expect(JSON.parse(stdout.text)).toMatchObject({ level: 'debug', msg: 'Seen.', env: 'b', part: 1 })
  })

  test('that cannot be used change nothing', () => {
    const { logger, stderr } = setUp()
    const missing = join(mkdtempSync(join(tmpdir(), 'spanloom-')), 'no', 'such', 'folder.log')
    expect(() => logger.change({ ...defaults, encoding: 'json', outputPaths: ['stderr', missing] })).toThrow(
      'failed to open the log output',
    )
    logger.info('Still here.')
    expect(stderr.lines.at(-1)).toMatch(/\tinfo\tStill here\.$/)
  })

  test('close the files of the ones before', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'spanloom-')), 'own.log')
    const { logger } = setUp({ outputPaths: [file] })
    logger.info('First.')
    logger.change(defaults)
    logger.info('Second.')
    expect(readFileSync(file, 'utf8')).toMatch(/First\.\n$/)
  })
})
