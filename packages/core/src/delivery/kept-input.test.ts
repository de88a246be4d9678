import { expect, it, vi } from 'vitest'

import { StartError } from '../errors/errors.ts'
import { fakeClock, MemoryStorage, testHost, testTelemetry } from '../testing/index.ts'
import { KeptInput, type KeptInputConfig, type RevivedInput } from './kept-input.ts'

const owner = { kind: 'receiver', id: 'invictus/a', pipeline: 'dead_letters' } as const
const clock = fakeClock(1_000)
const config: KeptInputConfig = { storage: 'disk', max_requests: 3, max_age: 0 }

const letter = (text: string) => ({ body: Buffer.from(text), format: 'text/plain', reason: `bad: ${text}` })
const nothing = (): Promise<void> => Promise.resolve()

function kept(settings: KeptInputConfig | undefined = config): KeptInput {
  return new KeptInput({ id: 'invictus/a', config: settings, telemetry: testTelemetry(), clock })
}

it('keeps input with its reason in a file of its own, the newest ones', async () => {
  const storage = new MemoryStorage(clock)
  const letters = kept()
  await letters.start(testHost({ disk: storage.extension() }), nothing)
  for (const text of ['a', 'b', 'c', 'd']) await letters.keep(letter(text))

  await vi.waitFor(() =>
    expect(storage.queueOf(owner).deadLetters.map(({ lastError }) => lastError)).toEqual(
      ['b', 'c', 'd'].map((text) => `permanent_error: bad: ${text}`),
    ),
  )
  await letters.shutdown()
})

it('hands what was revived to its user at the start, and keeps for later what cannot be used now', async () => {
  const storage = new MemoryStorage(clock)
  const host = testHost({ disk: storage.extension() })
  const first = kept()
  await first.start(host, nothing)
  const origin = new Map([['partition', ['7']]])
  for (const text of ['a', 'b', 'c']) await first.keep({ ...letter(text), origin })
  await first.shutdown()
  const queue = storage.queueOf(owner)
  const ids = queue.deadLetters.map(({ id }) => id)
  queue.revive(ids, 0)

  const seen: RevivedInput[] = []
  const second = kept()
  await second.start(host, async (input) => {
    seen.push(input)
    const text = Buffer.from(input.body).toString()
    if (text === 'b') throw new Error('The pipeline is full.')
    if (text === 'c') await second.keep(letter('c'))
  })
  await vi.waitFor(() => expect(queue.stats()).toMatchObject({ pending: 1, dead: 1 }))

  expect(seen.map(({ format, origin: from }) => [format, from.get('partition')])).toEqual(
    Array.from({ length: 3 }, () => ['text/plain', ['7']]),
  )
  await second.shutdown()
})

it('finds again what a crash left between keeping and giving up', async () => {
  const storage = new MemoryStorage(clock)
  const file = await storage.open(owner)
  await file.queue.append([{ destination: 0, body: Buffer.from('half'), items: 1 }])
  await file.close()

  const seen: string[] = []
  const letters = kept()
  await letters.start(testHost({ disk: storage.extension() }), ({ body }) => {
    seen.push(Buffer.from(body).toString())
    return Promise.resolve()
  })
  await vi.waitFor(() => expect(storage.queueOf(owner).stats()).toMatchObject({ pending: 0, dead: 0 }))
  expect(seen).toEqual(['half'])
  await letters.shutdown()
})

it('keeps nothing where it is not told to, and says when its storage is missing', async () => {
  const off = new KeptInput({ id: 'invictus/a', config: undefined, telemetry: testTelemetry(), clock })
  await off.start(testHost(), nothing)
  await off.keep(letter('a'))
  await off.shutdown()
  expect(off.isOn).toBe(false)
  await expect(kept().start(testHost(), nothing)).rejects.toThrow(StartError)
})

it('rejects when the storage takes nothing', async () => {
  const storage = new MemoryStorage(clock)
  const letters = kept()
  await letters.start(testHost({ disk: storage.extension() }), nothing)
  storage.refuse()
  await expect(letters.keep(letter('a'))).rejects.toThrow('no room')
  await letters.shutdown()
})
