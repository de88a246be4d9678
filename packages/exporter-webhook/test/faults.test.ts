import { createServer } from 'node:net'

import { isPermanent, Traces } from '@spanloom/core'
import { fakeClock, MemoryStorage } from '@spanloom/core/testing'
import { describe, expect, it } from 'vitest'

import { hookReceiver } from './hook-receiver.ts'
import { eventSpan, run, signal, until } from './running.ts'

const failed = 'project:one-off-job:pipeline-run:failed'
const toAll = [{ event_type: '**' }]
const owner = { kind: 'exporter', id: 'webhook' } as const

describe('a store that fails', () => {
  it('makes nothing come twice that was delivered, and is asked again until it obeys', async () => {
    await using hooks = await hookReceiver()
    const clock = fakeClock()
    const storage = new MemoryStorage(clock)
    hooks.react(() => {
      storage.fail()
      return { status: 200 }
    })
    const { exporter, telemetry, stop } = await run(
      { endpoints: [{ name: 'a', url: hooks.url, subscriptions: toAll }] },
      { clock, storage },
    )
    await exporter.consumeTraces(eventSpan(failed), { signal })
    const faults = (): number =>
      telemetry.logger.lines.filter(({ message }) => message.startsWith('The outbox')).length
    await until(() => faults() > 1, { clock, stepMs: 1_000 })
    expect(storage.queueOf(owner).pending).toHaveLength(1)
    storage.mend()
    await until(() => storage.queueOf(owner).pending.length === 0, { clock, stepMs: 1_000 })
    await clock.advance(60_000)
    await stop()
    expect(hooks.hooks).toHaveLength(1)
    expect(telemetry.heldNow()).toBe(0)
  })

  it('is asked a last time at the end', async () => {
    await using hooks = await hookReceiver()
    const clock = fakeClock()
    const storage = new MemoryStorage(clock)
    hooks.react(() => {
      storage.fail()
      return { status: 200 }
    })
    const { exporter, telemetry, stop } = await run(
      { endpoints: [{ name: 'a', url: hooks.url, subscriptions: toAll }] },
      { clock, storage },
    )
    await exporter.consumeTraces(eventSpan(failed), { signal })
    await until(() => JSON.stringify(telemetry.logger.lines).includes('The outbox'), { clock })
    storage.mend()
    await stop()
    expect(storage.queueOf(owner).pending).toEqual([])
  })
})

it('waits for the first delivery where order matters, without asking the store all the time', async () => {
  await using hooks = await hookReceiver()
  hooks.react(() => ({ status: 500 }))
  const clock = fakeClock()
  const storage = new MemoryStorage(clock)
  const retry = { schedule: ['50s'], jitter: 0 }
  const { exporter, stop } = await run(
    { endpoints: [{ name: 'a', url: hooks.url, subscriptions: toAll, ordered: true, retry }] },
    { clock, storage },
  )
  await exporter.consumeTraces(eventSpan(failed), { signal })
  await exporter.consumeTraces(eventSpan(failed), { signal })
  await until(() => storage.queueOf(owner).pending[0]?.attempts === 1, { clock })
  const begun = clock.now()
  await until(() => clock.now() > begun + 1_000, { clock })
  const before = storage.commits
  await until(() => clock.now() > begun + 40_000, { clock })
  expect(storage.commits - before).toBeLessThan(5)
  await stop()
})

it('an answer that breaks off counts by its status', async () => {
  let requests = 0
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      requests++
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', () => socket.destroy())
    })
  })
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' ? (address?.port ?? 0) : 0)
    })
  })
  const clock = fakeClock()
  const storage = new MemoryStorage(clock)
  const { exporter, stop } = await run(
    { endpoints: [{ name: 'a', url: `http://127.0.0.1:${port}/hook`, subscriptions: toAll }] },
    { clock, storage },
  )
  await exporter.consumeTraces(eventSpan(failed), { signal })
  await until(() => storage.queueOf(owner).pending.length === 0, { clock })
  await stop()
  server.close()
  expect(requests).toBe(1)
  expect(storage.queueOf(owner).deadLetters).toEqual([])
})

it('is well only while all endpoints are', async () => {
  await using dead = await hookReceiver()
  await using alive = await hookReceiver()
  dead.react(() => ({ status: 410 }))
  const { exporter, clock, telemetry, stop } = await run({
    endpoints: [
      { name: 'dead', url: dead.url, subscriptions: toAll },
      { name: 'alive', url: alive.url, subscriptions: toAll },
    ],
  })
  await exporter.consumeTraces(eventSpan(failed), { signal })
  await until(() => dead.hooks.length + alive.hooks.length === 2, { clock })
  await until(() => exporter.isWorn, { clock })
  await exporter.consumeTraces(eventSpan(failed), { signal })
  await until(() => alive.hooks.length === 2, { clock })
  await stop()
  expect(telemetry.statusEvents.at(-1)?.kind).toBe('RecoverableError')
})

it('sends what was put off by a clock that was far ahead', async () => {
  await using hooks = await hookReceiver()
  hooks.react(() => ({ status: 500 }))
  const clock = fakeClock(Date.UTC(2099, 0, 1))
  const storage = new MemoryStorage(clock)
  const config = { endpoints: [{ name: 'a', url: hooks.url, subscriptions: toAll }] }
  const first = await run(config, { clock, storage })
  await first.exporter.consumeTraces(eventSpan(failed), { signal })
  await until(() => storage.queueOf(owner).pending[0]?.attempts === 1, { clock })
  await first.stop()
  hooks.react(() => ({ status: 200 }))
  const today = fakeClock(Date.UTC(2026, 0, 1))
  const second = await run(config, { clock: today, storage })
  await until(() => storage.queueOf(owner).pending.length === 0, { clock: today })
  await second.stop()
  expect(hooks.hooks).toHaveLength(2)
})

it('tells nothing of what an endpoint sends back, and keeps it without secrets', async () => {
  await using hooks = await hookReceiver()
  hooks.react(({ path, headers, body }) => ({
    status: 500,
    body: `no: ${path} ${JSON.stringify(headers)} ${body}`,
  }))
  const clock = fakeClock()
  const storage = new MemoryStorage(clock)
  const { exporter, telemetry, stop } = await run(
    {
      endpoints: [
        {
          name: 'a',
          url: `${hooks.url}/pathsecret?token=querysecret`,
          secrets: ['plainsecret'],
          headers: { 'X-Key': 'headersecret' },
          subscriptions: toAll,
          retry: { schedule: ['1s'] },
        },
      ],
    },
    { clock, storage },
  )
  await exporter.consumeTraces(eventSpan(failed, { name: 'KANARIENVOGEL' }), { signal })
  await until(() => storage.queueOf(owner).deadLetters.length > 0, { clock })
  await stop()
  const logged = JSON.stringify([
    telemetry.logger.lines,
    telemetry.statusEvents.map(({ error }) => String(error)),
  ])
  const kept = storage.queueOf(owner).deadLetters[0]?.lastError
  expect(kept).toContain('no: ***')
  expect(logged).toContain('answered with status 500')
  expect(logged).not.toContain('KANARIENVOGEL')
  expect(logged + String(kept)).not.toMatch(/pathsecret|querysecret|plainsecret|headersecret/)
})

it('keeps no part of a secret where an answer was cut', async () => {
  await using hooks = await hookReceiver()
  hooks.react(() => ({ status: 413, body: `${'x'.repeat(2_040)}plainsecret and more` }))
  const clock = fakeClock()
  const storage = new MemoryStorage(clock)
  const { exporter, stop } = await run(
    { endpoints: [{ name: 'a', url: hooks.url, secrets: ['plainsecret'], subscriptions: toAll }] },
    { clock, storage },
  )
  await exporter.consumeTraces(eventSpan(failed), { signal })
  await until(() => storage.queueOf(owner).deadLetters.length > 0, { clock })
  await stop()
  expect(storage.queueOf(owner).deadLetters[0]?.lastError).toMatch(/: x{2040}\*\*\*$/)
})

it('says that a secret without a prefix is taken as it is', async () => {
  const { telemetry, stop } = await run({
    endpoints: [
      { name: 'raw', url: 'https://a.test', subscriptions: toAll, secrets: ['It is a secret'] },
      { name: 'b64', url: 'https://a.test', subscriptions: toAll, secrets: [`whsec_${'A'.repeat(32)}`] },
    ],
  })
  await stop()
  const hints = telemetry.logger.lines.filter(({ message }) => message.includes('whsec_'))
  expect(hints.map(({ fields }) => fields?.['endpoint'])).toEqual(['raw'])
  expect(JSON.stringify(hints)).not.toContain('It is a secret')
})

it.each([
  [{}, true],
  [{ fsync: false }, false],
])('asks the storage to outlive power failures: %j', async (more, fsync) => {
  const clock = fakeClock()
  const storage = new MemoryStorage(clock)
  const owners: unknown[] = []
  const open = storage.open.bind(storage)
  storage.open = (asking) => {
    owners.push(asking)
    return open(asking)
  }
  const { stop } = await run(
    { endpoints: [{ name: 'a', url: 'https://a.test', subscriptions: toAll }], ...more },
    { clock, storage },
  )
  await stop()
  expect(owners).toEqual([{ ...owner, fsync }])
})

it('refuses for good what would never fit', async () => {
  const { exporter, stop } = await run({
    endpoints: [{ name: 'a', url: 'https://a.test', subscriptions: toAll }],
    queue_size: 2,
  })
  const three = Traces.concat([eventSpan(failed), eventSpan(failed), eventSpan(failed)])
  const refusal: unknown = await exporter.consumeTraces(three, { signal }).catch((error: unknown) => error)
  await stop()
  expect(refusal).toMatchObject({ code: 'ELEMENT_TOO_LARGE' })
  expect(isPermanent(refusal)).toBe(true)
})
