import { expect, it } from 'vitest'

import { fakeClock, settle } from '../testing/index.ts'
import { Backlog } from './backlog.ts'
import { Dispatcher } from './dispatcher.ts'
import type { StoredEntry } from './stored-entry.ts'
import type { Verdict } from './stored-sending.ts'

const entry = (id: number): StoredEntry => ({ id, items: 1, size: 1, attempts: 0, dueAt: 0, attributes: {} })

/** A dispatcher with one consumer; `run` says what becomes of each attempt. */
function dispatcherOf(run: (entry: StoredEntry) => Promise<Verdict>) {
  const clock = fakeClock()
  const order: number[] = []
  const backlog = new Backlog(
    {
      store: { pending: () => Promise.resolve([]) },
      sizer: 'requests',
      clock,
      onChange: () => dispatcher.pump(),
      onFault: () => undefined,
    },
    false,
  )
  const dispatcher = new Dispatcher({
    backlog,
    count: 1,
    brake: undefined,
    clock,
    run(taken) {
      order.push(taken.id)
      return run(taken)
    },
  })
  dispatcher.start()
  return { backlog, clock, dispatcher, order }
}

const gone: Verdict = { kind: 'gone', failed: false }

it('lets retries and first attempts take turns', async () => {
  const gate = Promise.withResolvers<void>()
  const failed = new Set<number>()
  const { backlog, clock, order } = dispatcherOf(async (taken) => {
    if (taken.id === 4) await gate.promise
    if (taken.id > 3 || failed.has(taken.id)) return gone
    failed.add(taken.id)
    return { kind: 'waits', entry: taken, delayMs: 100, failed: true }
  })
  for (const id of [1, 2, 3, 4, 5, 6, 7, 8]) backlog.add(entry(id))
  await clock.advance(100)
  gate.resolve()
  await settle()
  expect(order).toEqual([1, 2, 3, 4, 1, 5, 2, 6, 3, 7, 8])
})

it('keeps one timer, and none when it stops', async () => {
  const { backlog, clock, dispatcher } = dispatcherOf((taken) =>
    Promise.resolve({ kind: 'waits', entry: taken, delayMs: 100 * taken.id, failed: true }),
  )
  for (const id of [3, 4, 5]) backlog.add(entry(id))
  await settle()
  expect(clock.pending).toBe(1)
  await dispatcher.stop()
  expect(clock.pending).toBe(0)
})

it('begins nothing after a stop, also when somebody starts it', async () => {
  const { backlog, dispatcher, order } = dispatcherOf(() => Promise.resolve(gone))
  await dispatcher.stop()
  dispatcher.start()
  backlog.add(entry(1))
  await settle()
  expect(order).toEqual([])
})
