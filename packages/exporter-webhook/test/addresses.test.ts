import type { ResolveAll } from '@spanloom/core'
import { fakeClock, MemoryStorage } from '@spanloom/core/testing'
import { describe, expect, it } from 'vitest'

import { hookReceiver } from './hook-receiver.ts'
import { eventSpan, run, signal, until } from './running.ts'

const failed = 'project:one-off-job:pipeline-run:failed'
const toAll = [{ event_type: '**' }]
const owner = { kind: 'exporter', id: 'webhook' } as const

describe('addresses', () => {
  it('on private networks are refused unless they are allowed', async () => {
    await using hooks = await hookReceiver()
    const clock = fakeClock()
    const storage = new MemoryStorage(clock)
    const { exporter, stop } = await run(
      {
        allow_networks: [],
        endpoints: [
          { name: 'ip', url: hooks.url, subscriptions: toAll, retry: { schedule: [] } },
          {
            name: 'name',
            url: hooks.url.replace('127.0.0.1', 'localhost'),
            subscriptions: toAll,
            retry: { schedule: [] },
          },
        ],
      },
      { clock, storage },
    )
    await exporter.consumeTraces(eventSpan(failed), { signal })
    await until(() => storage.queueOf(owner).deadLetters.length === 2, { clock })
    await stop()
    expect(hooks.hooks).toEqual([])
    for (const { lastError } of storage.queueOf(owner).deadLetters) {
      expect(lastError).toContain('no address that may be connected to')
    }
  })
})

it('refuses a name that leads elsewhere the next time', async () => {
  await using hooks = await hookReceiver()
  hooks.react(() => ({ status: 204, headers: { connection: 'close' } }))
  const clock = fakeClock()
  const storage = new MemoryStorage(clock)
  const answers = ['127.0.0.1', '169.254.169.254']
  const resolve: ResolveAll = (_host, _options, done) =>
    done(null, [{ address: answers.shift() ?? '10.0.0.1', family: 4 }])
  const url = hooks.url.replace('127.0.0.1', 'hooks.example.test')
  const endpoints = [{ name: 'a', url, allow_http: true, subscriptions: toAll, retry: { schedule: [] } }]
  const { exporter, stop } = await run({ endpoints }, { clock, storage, resolve })
  await exporter.consumeTraces(eventSpan(failed), { signal })
  await until(() => hooks.hooks.length === 1, { clock })
  await exporter.consumeTraces(eventSpan(failed), { signal })
  await until(() => storage.queueOf(owner).deadLetters.length === 1, { clock })
  await stop()
  expect(hooks.hooks).toHaveLength(1)
  expect(storage.queueOf(owner).deadLetters[0]?.lastError).toContain('no address that may be connected to')
})
