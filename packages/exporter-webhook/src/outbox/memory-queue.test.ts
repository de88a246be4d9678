import { describe, expect, it } from 'vitest'

import { MemoryQueue } from './memory-queue.ts'

const body = Buffer.from('x')
const record = (destination: number, uid?: string, dueMs?: number) => ({
  destination,
  body,
  items: 1,
  ...(uid === undefined ? {} : { uid }),
  ...(dueMs === undefined ? {} : { dueMs }),
})

describe('MemoryQueue', () => {
  it('gives what is due, longest first, and knows the next', async () => {
    const queue = new MemoryQueue(() => 100)
    await queue.append([record(1, 'a', 300), record(1, 'b', 200), record(2, 'c'), record(1, 'd', 200)])
    expect((await queue.due(1, 250, 10)).map(({ uid }) => uid)).toEqual(['b', 'd'])
    expect((await queue.due(1, 999, 2)).map(({ uid }) => uid)).toEqual(['b', 'd'])
    expect(await queue.nextDueMs(1)).toBe(200)
    expect(await queue.nextDueMs(3)).toBeUndefined()
    await queue.retry(2, 400, 500, 'no')
    expect((await queue.due(1, 999, 9)).map(({ uid, attempts }) => [uid, attempts])).toEqual([
      ['d', 0],
      ['a', 0],
      ['b', 1],
    ])
  })

  it('keeps a uid once, until it is gone', async () => {
    const queue = new MemoryQueue(() => 0)
    expect(await queue.append([record(1, 'a'), record(1, 'a')])).toEqual([1, 1])
    expect(await queue.append([record(1, 'a')])).toEqual([1])
    await queue.done([1])
    expect(await queue.body(1)).toBeUndefined()
    expect(await queue.append([record(1, 'a')])).toEqual([2])
    await queue.dead(2)
    expect(await queue.pending(0, 10)).toEqual([])
  })

  it('lists by id', async () => {
    const queue = new MemoryQueue(() => 0)
    await queue.append([record(1), record(2), record(1)])
    expect((await queue.pending(1, 1)).map(({ id }) => id)).toEqual([2])
  })
})
