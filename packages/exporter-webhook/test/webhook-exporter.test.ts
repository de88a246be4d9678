import { isPermanent } from '@spanloom/core'
import { fakeClock, MemoryStorage } from '@spanloom/core/testing'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'

import { hookReceiver } from './hook-receiver.ts'
import { eventSpan, run, signal, until } from './running.ts'

const failed = 'project:one-off-job:pipeline-run:failed'
const secret = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY='
const toAll = [{ event_type: '**' }]
const owner = { kind: 'exporter', id: 'webhook' } as const

describe('delivery', () => {
  it('goes to each endpoint that wants the span, once, signed so that the official library agrees', async () => {
    await using hooks = await hookReceiver()
    const clock = fakeClock(Date.now())
    const { exporter, stop, telemetry } = await run(
      {
        endpoints: [
          {
            name: 'oncall',
            url: `${hooks.url}/oncall`,
            secrets: [secret],
            subscriptions: [{ event_type: failed }, { event_type: 'project:**:failed' }],
            headers: { 'X-Team': 'blue' },
          },
          {
            name: 'others',
            url: `${hooks.url}/others`,
            subscriptions: [{ event_type: 'project:**:succeeded' }],
          },
        ],
      },
      { clock },
    )
    await exporter.consumeTraces(eventSpan(failed), { signal })
    await until(() => hooks.hooks.length > 0, { clock })
    await stop()
    expect(hooks.hooks).toHaveLength(1)
    const [{ path, headers, body } = expect.fail()] = hooks.hooks
    expect(path).toBe('/hook/oncall')
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-team': 'blue' })
    expect(headers['user-agent']).toMatch(/^spanloom-test\//)
    expect(headers['webhook-id']).toMatch(/^[A-Za-z0-9_-]+$/)
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({
      type: 'project.one_off_job.pipeline_run.failed',
      data: { status: 'unset' },
    })
    expect(telemetry.dropped.size).toBe(0)
  })

  it('imitates Orchest when told to', async () => {
    await using hooks = await hookReceiver()
    const { exporter, clock, stop } = await run({
      endpoints: [
        { name: 'old', url: hooks.url, format: 'orchest', secrets: ['dev-secret'], subscriptions: toAll },
      ],
    })
    await exporter.consumeTraces(eventSpan(failed), { signal })
    await until(() => hooks.hooks.length > 0, { clock })
    await stop()
    expect(hooks.hooks[0]?.headers).toMatchObject({
      'x-orchest-event': failed,
      'user-agent': 'Orchest',
      'x-hub-signature': expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
    })
    expect(hooks.hooks[0]?.headers).not.toHaveProperty('webhook-id')
  })

  it('drops what nobody wants, and says so', async () => {
    await using hooks = await hookReceiver()
    const { exporter, stop, telemetry } = await run({
      endpoints: [{ name: 'a', url: hooks.url, subscriptions: [{ event_type: 'project:created' }] }],
    })
    await exporter.consumeTraces(eventSpan(failed), { signal })
    await stop()
    expect(telemetry.dropped.get('no_subscription')).toBe(1)
  })

  it('sends what comes twice once', async () => {
    await using hooks = await hookReceiver()
    hooks.react(() => 'hang')
    const clock = fakeClock()
    const storage = new MemoryStorage(clock)
    const { exporter, telemetry, stop } = await run(
      { endpoints: [{ name: 'a', url: hooks.url, subscriptions: toAll }] },
      { clock, storage },
    )
    const traces = eventSpan(failed)
    await exporter.consumeTraces(traces, { signal })
    await exporter.consumeTraces(traces, { signal })
    expect(storage.queueOf(owner).pending).toHaveLength(1)
    expect(telemetry.counts.merged).toBe(1)
    await stop()
  })
})

describe('failures', () => {
  it('are tried again on the schedule with the same id and body, and a new signature', async () => {
    await using hooks = await hookReceiver()
    hooks.react((_hook, count) => (count === 1 ? { status: 500 } : count === 2 ? 'cut' : { status: 204 }))
    const { exporter, clock, stop } = await run({
      endpoints: [
        {
          name: 'a',
          url: hooks.url,
          secrets: [secret],
          subscriptions: toAll,
          retry: { schedule: ['5s', '60s'], jitter: 0 },
        },
      ],
    })
    const begun = clock.now()
    const at: number[] = []
    await exporter.consumeTraces(eventSpan(failed), { signal })
    for (const count of [1, 2, 3]) {
      await until(() => hooks.hooks.length >= count, { clock })
      at.push(Math.round((clock.now() - begun) / 1000))
    }
    await stop()
    expect(at[1]).toBeGreaterThanOrEqual(5)
    expect((at[2] ?? 0) - (at[1] ?? 0)).toBeGreaterThanOrEqual(60)
    const [first, second, third] = hooks.hooks
    expect([second?.body, third?.body]).toEqual([first?.body, first?.body])
    expect(third?.headers['webhook-id']).toBe(first?.headers['webhook-id'])
    expect(third?.headers['webhook-signature']).not.toBe(first?.headers['webhook-signature'])
  })

  it('become a dead letter with the reason after the last step, and never vanish', async () => {
    await using hooks = await hookReceiver()
    hooks.react(() => ({ status: 404, body: 'no such hook' }))
    const clock = fakeClock()
    const storage = new MemoryStorage(clock)
    const { exporter, telemetry, stop } = await run(
      { endpoints: [{ name: 'a', url: hooks.url, subscriptions: toAll, retry: { schedule: ['1s'] } }] },
      { clock, storage },
    )
    await exporter.consumeTraces(eventSpan(failed), { signal })
    await until(() => storage.queueOf(owner).deadLetters.length > 0, { clock })
    await stop()
    expect(storage.queueOf(owner).deadLetters).toMatchObject([
      {
        attempts: 2,
        lastStatus: 404,
        lastError: '2 attempts failed, the last: answered with status 404: no such hook',
      },
    ])
    expect(telemetry.dropped.get('dead_letter')).toBe(1)
  })

  it.each([413, 410])('with %i end at once', async (status) => {
    await using hooks = await hookReceiver()
    hooks.react(() => ({ status }))
    const clock = fakeClock()
    const storage = new MemoryStorage(clock)
    const { exporter, stop } = await run(
      { endpoints: [{ name: 'a', url: hooks.url, subscriptions: toAll }] },
      { clock, storage },
    )
    await exporter.consumeTraces(eventSpan(failed), { signal })
    await until(() => storage.queueOf(owner).deadLetters.length > 0, { clock })
    await stop()
    expect(hooks.hooks).toHaveLength(1)
  })

  it('410 disables the endpoint; what comes later is kept for it', async () => {
    await using hooks = await hookReceiver()
    hooks.react(() => ({ status: 410 }))
    const clock = fakeClock()
    const storage = new MemoryStorage(clock)
    const { exporter, stop, telemetry } = await run(
      { endpoints: [{ name: 'a', url: hooks.url, subscriptions: toAll }] },
      { clock, storage },
    )
    await exporter.consumeTraces(eventSpan(failed), { signal })
    await until(() => storage.queueOf(owner).deadLetters.length > 0, { clock })
    await exporter.consumeTraces(eventSpan(failed), { signal })
    await clock.advance(600_000)
    expect(hooks.hooks).toHaveLength(1)
    expect(storage.queueOf(owner).pending).toHaveLength(1)
    expect(JSON.stringify(telemetry.statusEvents)).toContain('RecoverableError')
    await stop()
  })

  it('redirects are failures and are not followed', async () => {
    await using hooks = await hookReceiver()
    await using elsewhere = await hookReceiver()
    hooks.react(() => ({ status: 302, headers: { location: elsewhere.url } }))
    const { exporter, clock, stop } = await run({
      endpoints: [{ name: 'a', url: hooks.url, subscriptions: toAll, retry: { schedule: ['1s'] } }],
    })
    await exporter.consumeTraces(eventSpan(failed), { signal })
    await until(() => hooks.hooks.length === 2, { clock })
    await stop()
    expect(elsewhere.hooks).toEqual([])
  })

  it('an overloaded endpoint is left alone as long as it asks, also with other deliveries', async () => {
    await using hooks = await hookReceiver()
    hooks.react((_hook, count) =>
      count === 1 ? { status: 429, headers: { 'retry-after': '90' } } : { status: 200 },
    )
    const { exporter, clock, stop } = await run({
      endpoints: [{ name: 'a', url: hooks.url, subscriptions: toAll, retry: { jitter: 0 } }],
    })
    await exporter.consumeTraces(eventSpan(failed), { signal })
    await until(() => hooks.hooks.length === 1, { clock })
    const begun = clock.now()
    await until(() => clock.now() > begun + 1_000, { clock })
    await exporter.consumeTraces(eventSpan(failed), { signal })
    await until(() => hooks.hooks.length === 3, { clock })
    expect(clock.now() - begun).toBeGreaterThanOrEqual(89_000)
    await stop()
  })

  it('of one endpoint do not hold up another', async () => {
    await using dead = await hookReceiver()
    await using alive = await hookReceiver()
    dead.react(() => 'hang')
    const { exporter, clock, stop } = await run({
      endpoints: [
        { name: 'dead', url: dead.url, subscriptions: toAll, max_in_flight: 2 },
        { name: 'alive', url: alive.url, subscriptions: toAll },
      ],
    })
    const begun = clock.now()
    for (let count = 0; count < 20; count++) await exporter.consumeTraces(eventSpan(failed), { signal })
    await until(() => alive.hooks.length === 20, { clock, stepMs: 5 })
    // Less than the time-out of the dead one.
    expect(clock.now() - begun).toBeLessThan(20_000)
    expect(dead.open.most).toBe(2)
    await stop()
  })

  it('hold up what comes behind them where order matters', async () => {
    await using hooks = await hookReceiver()
    hooks.react((_hook, count) => ({ status: count < 3 ? 500 : 200 }))
    const { exporter, clock, stop } = await run({
      endpoints: [
        {
          name: 'a',
          url: hooks.url,
          subscriptions: toAll,
          ordered: true,
          retry: { schedule: ['1s', '1s', '1s'] },
        },
      ],
    })
    for (const name of ['first', 'second', 'third']) {
      await exporter.consumeTraces(eventSpan(failed, { name }), { signal })
    }
    await until(() => hooks.hooks.length === 5, { clock })
    const names = hooks.hooks.map(({ body }) => (JSON.parse(body) as { data: { name: string } }).data.name)
    expect(names).toEqual(['first', 'first', 'first', 'second', 'third'])
    expect(hooks.open.most).toBe(1)
    await stop()
  })
})

describe('outbox', () => {
  it('a span is taken only once it is stored, and refused when it cannot be', async () => {
    await using hooks = await hookReceiver()
    const clock = fakeClock()
    const storage = new MemoryStorage(clock)
    const { exporter, telemetry, stop } = await run(
      { endpoints: [{ name: 'a', url: hooks.url, subscriptions: toAll }] },
      { clock, storage },
    )
    storage.refuse()
    const refusal: unknown = await exporter
      .consumeTraces(eventSpan(failed), { signal })
      .catch((error: unknown) => error)
    expect(isPermanent(refusal)).toBe(false)
    storage.mend()
    storage.block()
    const taken = exporter.consumeTraces(eventSpan(failed), { signal })
    await clock.advance(1_000)
    expect(hooks.hooks).toEqual([])
    storage.release()
    await taken
    await until(() => hooks.hooks.length === 1, { clock })
    await stop()
    expect(telemetry.heldNow()).toBe(0)
  })

  it('refuses what it has no room for', async () => {
    await using hooks = await hookReceiver()
    hooks.react(() => 'hang')
    const { exporter, stop } = await run({
      endpoints: [{ name: 'a', url: hooks.url, subscriptions: toAll }],
      queue_size: 2,
    })
    await exporter.consumeTraces(eventSpan(failed), { signal })
    await exporter.consumeTraces(eventSpan(failed), { signal })
    await expect(exporter.consumeTraces(eventSpan(failed), { signal })).rejects.toMatchObject({
      code: 'QUEUE_FULL',
      retryAfterMs: 5_000,
    })
    await stop()
  })

  it('has room for each endpoint apart: what one that is down cannot take becomes dead letters', async () => {
    await using down = await hookReceiver()
    await using up = await hookReceiver()
    down.react(() => 'hang')
    const clock = fakeClock()
    const storage = new MemoryStorage(clock)
    const { exporter, stop, telemetry } = await run(
      {
        endpoints: [
          { name: 'down', url: down.url, subscriptions: toAll, max_in_flight: 1 },
          { name: 'up', url: up.url, subscriptions: toAll },
        ],
        queue_size: 2,
      },
      { clock, storage },
    )
    for (let count = 1; count <= 5; count++) {
      await exporter.consumeTraces(eventSpan(failed), { signal })
      await until(() => up.hooks.length === count, { clock })
    }
    await until(() => storage.queueOf(owner).deadLetters.length === 3, { clock })
    expect(storage.queueOf(owner).deadLetters[0]?.lastError).toBe(
      'the endpoint has 2 notifications waiting already',
    )
    expect(telemetry.heldNow()).toBe(2)
    expect(telemetry.dropped.get('dead_letter')).toBe(3)
    await stop()
  })

  it('outlives a kill: what was taken is delivered by the next process, under the same id', async () => {
    await using hooks = await hookReceiver()
    hooks.react(() => ({ status: 500 }))
    const clock = fakeClock()
    const storage = new MemoryStorage(clock)
    const config = { endpoints: [{ name: 'a', url: hooks.url, subscriptions: toAll }] }
    const first = await run(config, { clock, storage })
    await first.exporter.consumeTraces(eventSpan(failed), { signal })
    await until(() => hooks.hooks.length === 1, { clock })
    storage.crash()

    hooks.react(() => ({ status: 200 }))
    const second = await run(
      { endpoints: [{ ...config.endpoints[0], name: 'b' }, ...config.endpoints] },
      { clock, storage },
    )
    await until(() => hooks.hooks.length === 2, { clock, stepMs: 1_000 })
    expect(hooks.hooks[1]?.headers['webhook-id']).toBe(hooks.hooks[0]?.headers['webhook-id'])
    await until(() => storage.queueOf(owner).pending.length === 0, { clock })
    await second.stop()
    expect(second.telemetry.counts.created).toBe(1)
  })

  it('says what waits for an endpoint that nobody configures any more', async () => {
    await using hooks = await hookReceiver()
    hooks.react(() => 'hang')
    const clock = fakeClock()
    const storage = new MemoryStorage(clock)
    const first = await run(
      { endpoints: [{ name: 'gone', url: hooks.url, subscriptions: toAll }] },
      { clock, storage },
    )
    await first.exporter.consumeTraces(eventSpan(failed), { signal })
    await first.stop()
    const second = await run(
      { endpoints: [{ name: 'new', url: hooks.url, subscriptions: toAll }] },
      { clock, storage },
    )
    expect(JSON.stringify(second.telemetry.logger.lines)).toContain('no longer configured')
    await second.stop()
  })
})

it('shows no secret in what it logs and keeps', async () => {
  await using hooks = await hookReceiver()
  hooks.react(() => ({ status: 500 }))
  const clock = fakeClock()
  const storage = new MemoryStorage(clock)
  const url = `${hooks.url}/T00/B00/pathsecret?token=querysecret`
  const { exporter, telemetry, stop } = await run(
    {
      endpoints: [
        {
          name: 'a',
          url,
          secrets: ['plainsecret'],
          headers: { 'X-Key': 'headersecret' },
          subscriptions: toAll,
          retry: { schedule: [] },
        },
      ],
    },
    { clock, storage },
  )
  await exporter.consumeTraces(eventSpan(failed), { signal })
  await until(() => storage.queueOf(owner).deadLetters.length > 0, { clock })
  await stop()
  const told = JSON.stringify([
    telemetry.logger.lines,
    telemetry.statusEvents.map(({ error }) => String(error)),
    storage.queueOf(owner).deadLetters,
  ])
  expect(told).not.toMatch(/pathsecret|querysecret|plainsecret|headersecret/)
})
