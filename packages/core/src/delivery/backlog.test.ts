import { expect, it } from 'vitest'

import type { QueueRecord } from '../storage/storage.ts'
import { fakeClock, settle } from '../testing/index.ts'
import { Backlog } from './backlog.ts'
import type { StoredEntry } from './stored-entry.ts'

const record = (id: number): QueueRecord => ({
  id,
  destination: 0,
  items: 1,
  bytes: 10,
  attempts: 0,
  createdMs: 0,
  dueMs: 0,
})

const entry = (id: number, bytes = 10): StoredEntry => ({
  id,
  items: 1,
  size: 1,
  attempts: 0,
  dueAt: 0,
  attributes: {},
  body: new Uint8Array(bytes),
})

/** A backlog over a disk whose answers wait for `answer`. */
function backlogOf(stored: number[], recovered = stored.length > 0) {
  const questions: { readonly after: number; readonly resolve: (page: readonly QueueRecord[]) => void }[] = []
  const clock = fakeClock()
  const seen = { changes: 0, faults: 0, reads: 0 }
  let fault: Error | undefined
  const backlog = new Backlog(
    {
      store: {
        pending(after) {
          seen.reads++
          if (fault !== undefined) return Promise.reject(fault)
          const { promise, resolve } = Promise.withResolvers<readonly QueueRecord[]>()
          questions.push({ after, resolve })
          return promise
        },
      },
      sizer: 'requests',
      clock,
      onChange: () => void seen.changes++,
      onFault: () => void seen.faults++,
    },
    recovered,
  )
  return {
    backlog,
    clock,
    seen,
    fail: (error: Error | undefined) => void (fault = error),
    /** Answers as the disk was when it was asked, or is `now`. */
    answer: async (now: readonly number[] = stored): Promise<void> => {
      const question = questions.shift()
      question?.resolve(now.filter((id) => id > question.after).map((id) => record(id)))
      await settle()
    },
    take: (): number[] => {
      const ids: number[] = []
      for (let next = backlog.peek(); next; next = backlog.peek()) {
        ids.push(next.id)
        backlog.shift()
      }
      return ids
    },
  }
}

it('hands fresh entries on from memory, without asking the disk', () => {
  const { backlog, take, seen } = backlogOf([])
  expect(backlog.isEmpty).toBe(true)
  backlog.add(entry(1))
  backlog.add(entry(2))
  expect(backlog.peek()?.body).toBeDefined()
  expect(take()).toEqual([1, 2])
  expect(seen.reads).toBe(0)
  expect(backlog.isEmpty).toBe(true)
})

it('reads what does not fit into memory back, in order and without the bodies', async () => {
  const { backlog, take, answer } = backlogOf([])
  const large = 9 << 20
  for (const id of [1, 2, 3]) backlog.add(entry(id, large))
  backlog.add(entry(4))
  expect(take()).toEqual([1])
  await answer([2, 3, 4])
  expect(backlog.peek()?.body).toBeUndefined()
  expect(take()).toEqual([2, 3, 4])
  await answer([2, 3, 4])
  backlog.add(entry(5, large))
  expect(backlog.peek()?.body).toBeDefined()
})

it('does not take an entry twice that came in while a page was read that holds it', async () => {
  const { backlog, take, answer } = backlogOf([1])
  expect(take()).toEqual([])
  await answer([1, 2])
  expect(take()).toEqual([1, 2])
  await answer([])
  backlog.add(entry(2))
  expect(take()).toEqual([])
})

it('finds an entry that came in after the last page was read', async () => {
  const { backlog, take, answer } = backlogOf([1])
  expect(take()).toEqual([])
  await answer([1])
  expect(take()).toEqual([1])
  backlog.add(entry(2))
  await answer([1])
  expect(backlog.isEmpty).toBe(false)
  expect(take()).toEqual([])
  await answer([1, 2])
  expect(take()).toEqual([2])
})

it('asks again some time after a fault', async () => {
  const { backlog, take, seen, clock, fail, answer } = backlogOf([1])
  fail(new Error('The disk is gone.'))
  expect(take()).toEqual([])
  await settle()
  expect(seen).toMatchObject({ faults: 1, reads: 1 })
  fail(undefined)
  expect(take()).toEqual([])
  expect(seen.reads).toBe(1)
  await clock.advance(5_000)
  expect(take()).toEqual([])
  await answer()
  expect(take()).toEqual([1])
  backlog.stop()
})

it('asks nobody once it is stopped', () => {
  const { backlog, take, seen } = backlogOf([1])
  backlog.stop()
  expect(take()).toEqual([])
  expect(seen.reads).toBe(0)
})

it('keeps nothing of the buffer that a body was cut from', () => {
  const { backlog } = backlogOf([])

  backlog.add({ ...entry(1), body: new Uint8Array(1_000_000).subarray(10, 30) })

  expect(backlog.peek()?.body).toEqual(new Uint8Array(20))
  expect(backlog.peek()?.body?.buffer.byteLength).toBe(20)
})
