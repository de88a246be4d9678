import { createHmac } from 'node:crypto'

import { RetryableError } from '@spanloom/core'
import {
  createComponent,
  fakeClock,
  MemoryStorage,
  testHost,
  testTelemetry,
  TracesSink,
} from '@spanloom/core/testing'
import fc from 'fast-check'
import { afterEach, assert, beforeEach, describe, expect, it } from 'vitest'

import { type OrchestReceiver, orchestReceiver } from '../src/index.ts'

const secret = 'It is a secret'
const limit = (): AbortSignal => AbortSignal.timeout(5_000)
const sign = (body: string, key = secret): string => createHmac('sha256', key).update(body).digest('hex')

let sink: TracesSink
let stop: (() => Promise<void>)[] = []
beforeEach(() => {
  sink = new TracesSink()
})
afterEach(async () => {
  for (const each of stop.splice(0)) await each()
})

async function run(config: object = {}, storage = new MemoryStorage(fakeClock()), clock = fakeClock()) {
  const telemetry = testTelemetry()
  const settings = { endpoint: '127.0.0.1:0', webhook: { secret }, relay: {}, ...config }
  const receiver: OrchestReceiver = createComponent(orchestReceiver, settings, {
    next: sink,
    telemetry,
    clock,
  })
  await receiver.start(testHost({ file_storage: storage.extension() }))
  stop.push(() => receiver.shutdown(limit()))
  return { receiver, telemetry, storage }
}

interface Answer {
  readonly status: number
  readonly body: string
  readonly headers: Headers
}

async function post(
  receiver: OrchestReceiver,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
  path = '/orchest/webhook',
): Promise<Answer> {
  assert(receiver.url !== undefined)
  const response = await fetch(new URL(path, receiver.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  })
  return { status: response.status, body: await response.text(), headers: response.headers }
}

const signed = (receiver: OrchestReceiver, body: string): Promise<Answer> =>
  post(receiver, body, { 'x-hub-signature': sign(body) })

let count = 0
const delivery = (type = 'project:created', more: object = {}): string =>
  JSON.stringify({
    delivered_for: { name: 'w' },
    event: {
      type,
      uuid: `u-${++count}`,
      timestamp: '2023-06-05 10:00:00+00:00',
      project: { uuid: 'P' },
      ...more,
    },
  })

describe('signature', () => {
  it('is that of the paper', () => {
    expect(sign('{"event": {"type": "ping"}}')).toBe(
      'a080823481e40f3f9cd181de951bdf5490350818d7ce7fa2b0056c3f0e015e5a',
    )
  })

  it.each([
    ['right', (body: string) => sign(body), 200],
    ['right, in capitals and with sha256=', (body: string) => `sha256=${sign(body).toUpperCase()}`, 200],
    ['of another secret', (body: string) => sign(body, 'other'), 401],
    ['of another body', (body: string) => sign(`${body} `), 401],
    [
      'of another algorithm',
      (body: string) => `sha1=${createHmac('sha1', secret).update(body).digest('hex')}`,
      401,
    ],
    ['too short', (body: string) => sign(body).slice(2), 401],
    ['too long', (body: string) => `${sign(body)}00`, 401],
    ['empty', () => '', 401],
  ])('%s: %s', async (_what, make, status) => {
    const { receiver } = await run()
    const body = delivery()
    expect((await post(receiver, body, { 'x-hub-signature': make(body) })).status).toBe(status)
    expect(sink.spans).toHaveLength(status === 200 ? 1 : 0)
  })

  it('missing is refused unless that is allowed, but a wrong one always is', async () => {
    const { receiver } = await run()
    expect((await post(receiver, delivery())).status).toBe(401)
    const open = await run({ webhook: { secret, allow_unsigned: true } })
    expect((await post(open.receiver, delivery())).status).toBe(200)
    expect((await post(open.receiver, delivery(), { 'x-hub-signature': sign('other') })).status).toBe(401)
  })

  it('is passed over where there is no secret, because Orchest always signs', async () => {
    const { receiver } = await run({ webhook: { allow_unsigned: true } })
    expect((await post(receiver, delivery(), { 'x-hub-signature': sign('whatever') })).status).toBe(200)
  })

  it('of either secret will do while they change', async () => {
    const { receiver } = await run({ webhook: { secrets: ['new', 'old'] } })
    for (const key of ['new', 'old']) {
      const body = delivery()
      expect((await post(receiver, body, { 'x-hub-signature': sign(body, key) })).status).toBe(200)
    }
  })
})

describe('events that come twice', () => {
  it('are answered 202, also while the first is on its way', async () => {
    const { receiver } = await run()
    const body = delivery()
    sink.block()
    const first = signed(receiver, body)
    const second = signed(receiver, body)
    sink.release()
    expect([(await first).status, (await second).status].toSorted((a, b) => a - b)).toEqual([200, 202])
    expect(await signed(receiver, body)).toMatchObject({ status: 202, body: '{"status":"duplicate"}' })
    expect(sink.spans).toHaveLength(1)
  })

  it('are told apart in the log by ids that are trusted for nothing else', async () => {
    const { receiver, telemetry } = await run()
    const body = delivery()
    for (const id of ['d-1', 'd-2', 'forged line\t']) {
      await post(receiver, body, { 'x-hub-signature': sign(body), 'x-orchest-delivery': id })
    }
    expect(telemetry.logger.lines.flatMap(({ fields }) => fields?.['delivery'] ?? [])).toEqual(['d-1', 'd-2'])
    expect(sink.spans).toHaveLength(1)
  })

  it('are taken when the first was refused', async () => {
    const { receiver } = await run()
    const body = delivery()
    sink.refuseWith(new RetryableError('BUSY', 'busy', { retryAfterMs: 7_000 }))
    const refused = await signed(receiver, body)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '7'])
    sink.refuseWith(undefined)
    expect((await signed(receiver, body)).status).toBe(200)
  })
})

describe('what cannot be used', () => {
  it('is kept and acknowledged, with the nearest names, and can be tried again once it is declared', async () => {
    const body = delivery('project:one-off-job:pipeline-run:step:started', { step: { uuid: 'S' } })
    const storage = new MemoryStorage(fakeClock())
    const { receiver } = await run({ storage: 'file_storage' }, storage)
    expect(await signed(receiver, body)).toMatchObject({
      status: 202,
      body: '{"status":"dead_letter","code":"unknown_event_type"}',
    })
    const letters = storage.queueOf({ kind: 'receiver', id: 'orchest', pipeline: 'dead_letters' })
    expect(letters.deadLetters[0]?.lastError).toContain(
      'unknown_event_type: The event type "project:one-off-job:',
    )
    await stop.pop()?.()

    letters.revive(
      letters.deadLetters.map(({ id }) => id),
      0,
    )
    const declared = { transition: 'open', entity: 'step', key: ['step.uuid'] }
    const types = [{ ...declared, type: 'project:one-off-job:pipeline-run:step:started' }]
    await run({ storage: 'file_storage', event_types: types }, storage)
    await sink.waitForSpans(1)
    expect(sink.spans[0]?.attribute('spanloom.key')).toBe('orchest:step|S')
  })

  it('is refused when told so', async () => {
    const { receiver } = await run({ webhook: { secret, on_unknown: 'reject' } })
    const answer = await signed(receiver, delivery('project:creatd'))
    expect(answer.status).toBe(422)
    expect(JSON.parse(answer.body)).toMatchObject({
      code: 'unknown_event_type',
      error: expect.stringContaining('Known are project:created') as unknown,
    })
  })

  it('does not fit the schema of its type: the place and the rule are told, never the value', async () => {
    const schema = { type: 'object', properties: { n: { type: 'integer' } } }
    const types = [{ type: 'shop:paid', transition: 'instant', schema }]
    const { receiver, telemetry } = await run({ event_types: types })
    expect((await signed(receiver, delivery('shop:paid', { n: 1 }))).status).toBe(200)
    const answer = await signed(receiver, delivery('shop:paid', { n: 'canary' }))
    expect(answer).toMatchObject({ status: 202, body: '{"status":"dead_letter","code":"invalid_payload"}' })
    expect(JSON.stringify(telemetry.logger.lines)).toContain('/n breaks the rule')
    expect(JSON.stringify(telemetry.logger.lines)).not.toContain('canary')
  })

  it('is told of once for each type and hour', async () => {
    const clock = fakeClock()
    const { receiver, telemetry } = await run({}, new MemoryStorage(clock), clock)
    const told = (): number =>
      telemetry.logger.lines.filter(({ message }) => message.includes('not known')).length
    for (const type of ['shop:a', 'shop:a', 'shop:b']) {
      await signed(receiver, delivery(type))
      await clock.advance(11_000)
    }
    expect(told()).toBe(2)
    await clock.advance(3_600_000)
    await signed(receiver, delivery('shop:a'))
    expect(told()).toBe(3)
  })

  it.each([
    ['no JSON', '{"event":'],
    ['no object', '[]'],
    ['no event', '{}'],
    ['an event that is none', '{"event":"x"}'],
    ['no type', '{"event":{"uuid":"u","timestamp":"2023-06-05 10:00:00"}}'],
    ['no uuid', '{"event":{"type":"project:created","timestamp":"2023-06-05 10:00:00"}}'],
    ['no time', '{"event":{"type":"project:created","uuid":"u","timestamp":"None"}}'],
    ['too deep', `{"event":${'['.repeat(80)}${']'.repeat(80)}}`],
  ])('%s: 400', async (_what, body) => {
    const { receiver } = await run()
    const answer = await signed(receiver, body)
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.body)).toHaveProperty('code')
  })

  it('is anything: never 5xx and never a crash', async () => {
    const { receiver } = await run()
    const types = fc.constantFrom(
      'project:created',
      'project:cron-job:run:started',
      'project:cron-job:deleted',
      'x',
    )
    const anything = fc.dictionary(
      fc.constantFrom(
        'project',
        'job',
        'run',
        'pipeline',
        'session',
        'pipeline_run',
        'uuid',
        '__proto__',
        'update',
      ),
      fc.jsonValue(),
    )
    await fc.assert(
      fc.asyncProperty(types, anything, fc.jsonValue(), async (type, project, uuid) => {
        const event = { type, uuid, timestamp: '2023-06-05 10:00:00', project }
        const { status } = await signed(receiver, JSON.stringify({ event }))
        expect([200, 202, 400]).toContain(status)
      }),
      { numRuns: 150 },
    )
  })
})

describe('relay', () => {
  const relay = (receiver: OrchestReceiver, body: object, headers = {}): Promise<Answer> =>
    post(receiver, JSON.stringify(body), headers, '/analytics')

  it('asks for its token', async () => {
    const { receiver } = await run({ relay: { token: 't0p' } })
    const event = { event: 'view:loaded', properties: { name: '/jobs' } }
    expect((await relay(receiver, event)).status).toBe(401)
    expect((await relay(receiver, event, { authorization: 'Bearer t0p' })).status).toBe(200)
    expect(sink.spans[0]?.attribute('orchest.properties.name')).toBe('/jobs')
  })

  it('answers unknown types as the original when told to', async () => {
    const { receiver } = await run({ relay: { legacy_status: true } })
    expect(await relay(receiver, { event: 'nope' })).toMatchObject({
      status: 500,
      body: 'Invalid analytics event name.',
    })
  })

  it('makes no more of a small body than the body is', async () => {
    const { receiver } = await run()
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`k${index}`, 1]))
    const event = {
      event: 'view:loaded',
      properties: { ['long'.repeat(10_000)]: many, name: '/jobs', ...many },
    }
    expect((await relay(receiver, event)).status).toBe(200)
    const names = Object.keys(sink.spans[0]?.attributes ?? {})
    expect(names).toContain('orchest.properties.name')
    expect(names.length).toBeLessThan(200)
    expect(names.every(({ length }) => length < 400)).toBe(true)
  })

  it('never takes hostile names for anything but names', async () => {
    const { receiver } = await run()
    const body = '{"event":"view:loaded","properties":{"__proto__":{"polluted":"x"},"constructor":{"a":1}}}'
    expect((await post(receiver, body, {}, '/analytics')).status).toBe(200)
    expect('polluted' in {}).toBe(false)
    expect(sink.spans[0]?.attribute('orchest.properties.__proto__.polluted')).toBe('x')
  })
})

describe('settings', () => {
  const create = (config: object) => () => createComponent(orchestReceiver, config)

  it.each([
    [{}, 'there is nothing to listen for'],
    [{ webhook: {} }, 'deliveries cannot be verified'],
    [{ webhook: { secret: 'x', path: '/a' }, relay: { path: '/a' } }, 'cannot have one path'],
    [{ relay: {}, event_types: [{ type: 'X', transition: 'open' }] }, 'must match pattern'],
    [
      { relay: {}, event_types: [{ file: '/nowhere/events.yaml' }] },
      '/nowhere/events.yaml:1:1: the file cannot be read',
    ],
  ])('%j: %s', (config, message) => {
    expect(create(config)).toThrow(message)
  })
})
