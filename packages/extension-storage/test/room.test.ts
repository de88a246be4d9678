import { statSync } from 'node:fs'
import { join } from 'node:path'

import { testTelemetry } from '@spanloom/core/testing'
import { describe, expect, test } from 'vitest'

import type { Fault } from '../src/database/fault.ts'
import { append, ask, callOf, fill, openFile, temporaryFolder } from './setup.ts'
import { started } from './started.ts'

const owner = { kind: 'exporter', id: 'otlp' } as const
const mebibyte = 1 << 20
const body = new Uint8Array(100_000).fill(1)

describe('OUT-06: a file at its limit', () => {
  test('refuses, keeps what it has, and takes more when there is room again', () => {
    const folder = temporaryFolder()
    const faults: (Fault | undefined)[] = []
    const file = openFile(folder, { maxBytes: 4 * mebibyte }, (fault) => faults.push(fault))

    const ids = fill(file, body)

    expect(statSync(join(folder, 'queue.db')).size).toBeLessThanOrEqual(4 * mebibyte)
    expect(ids.length).toBeGreaterThan(35)
    expect(ask(file, 'stats', undefined)).toMatchObject({ pending: ids.length })
    expect(faults).toMatchObject([{ kind: 'full', message: expect.stringContaining('max_disk') }])

    ask(file, 'done', { ids: ids.slice(0, 2) })
    expect(append(file, body)).toEqual([(ids.at(-1) ?? 0) + 1])
    expect(faults.at(-1)).toBeUndefined()
    expect(ask(file, 'body', { id: ids[5] ?? 0 })).toEqual(body)
    file.close()
  })

  test('does nothing by halves', () => {
    const file = openFile(temporaryFolder(), { maxBytes: 2 * mebibyte })
    const before = fill(file, body)
    ask(file, 'done', { ids: before.slice(0, 3) })
    const stats = ask(file, 'stats', undefined)

    // The size is not told, so that the database itself has to find out in the middle of the work.
    const records = Array.from({ length: 20 }, (_, at) => ({ body: at, destination: 0, items: 1 }))
    const large = callOf('append', { records, bodies: records.map(() => body) })
    const small = callOf('append', { records: records.slice(0, 1), bodies: [new Uint8Array(10)] })
    const outcomes = file.run(
      [small, large, callOf('retry', { id: before[5] ?? 0, dueMs: 9, status: 500, error: 'x'.repeat(500) })],
      0,
    )

    expect(outcomes).toMatchObject([
      { result: [expect.any(Number)] },
      { fault: { kind: 'full' } },
      { result: undefined },
    ])
    expect(ask(file, 'stats', undefined)).toMatchObject({
      pending: stats.pending + 1,
      pendingBytes: stats.pendingBytes + 10,
    })
    expect(ask(file, 'pending', { after: (before[5] ?? 0) - 1, limit: 1 })).toMatchObject([{ attempts: 1 }])
    file.close()
  })

  test('still takes what says that an attempt failed', () => {
    const folder = temporaryFolder()
    const file = openFile(folder, { maxBytes: 2 * mebibyte })
    const small = new Uint8Array(10)
    const ids: number[] = []
    for (let full = false; !full;) {
      const records = Array.from({ length: 500 }, () => ({ body: 0, destination: 0, items: 1 }))
      const [outcome] = file.run([callOf('append', { records, bodies: [small] })], 0)
      full = outcome === undefined || 'fault' in outcome
      if (outcome !== undefined && 'result' in outcome) ids.push(...(outcome.result as readonly number[]))
    }
    for (let full = false; !full;) {
      const [outcome] = file.run(
        [callOf('append', { records: [{ body: 0, destination: 0, items: 1 }], bodies: [small] })],
        0,
      )
      full = outcome === undefined || 'fault' in outcome
    }

    const error = 'x'.repeat(900)
    const outcomes = ids
      .slice(0, 200)
      .map((id) => file.run([callOf('retry', { id, dueMs: 1, status: 503, error })], 0)[0])

    expect(outcomes).toHaveLength(200)
    expect(outcomes.every((outcome) => outcome !== undefined && 'result' in outcome)).toBe(true)
    file.close()
  })

  test('answers consumers with an error that asks for another try', async () => {
    const telemetry = testTelemetry()
    const { extension } = await started({ directory: temporaryFolder(), max_disk: '1MiB' }, { telemetry })
    const file = await extension.storage.open(owner)

    const record = { destination: 0, body: new Uint8Array(2 * mebibyte), items: 1 }
    await expect(file.queue.append([record])).rejects.toMatchObject({
      name: 'RetryableError',
      code: 'STORAGE_FULL',
      message: 'The storage has no room.',
    })
    await expect(
      file.fragments.write({ append: [{ key: 'k', sequence: 1, bytes: record.body }] }),
    ).rejects.toMatchObject({ code: 'STORAGE_FULL' })

    expect(telemetry.logger.lines).toMatchObject([
      { level: 'warn', message: 'The storage refuses data: there is no room.' },
    ])
    await file.queue.append([{ ...record, body: new Uint8Array(10) }])
    expect(telemetry.statusEvents.map(({ kind }) => kind)).toEqual(['RecoverableError', 'OK'])
  })
})

describe('OUT-06: a disk with too little room', () => {
  test('refuses what fills it, and takes what empties it', () => {
    const folder = temporaryFolder()
    const file = openFile(folder)
    const ids = append(file, body, body)
    file.close()
    const scarce = openFile(folder, { minFreeBytes: 2 ** 50 })

    expect(() => append(scarce, body)).toThrow('full')
    expect(() => ask(scarce, 'write', { append: [{ key: 'k', sequence: 1, bytes: body }] })).toThrow('full')
    ask(scarce, 'put', { entries: [{ key: 'offset', value: new Uint8Array([1]) }] })
    ask(scarce, 'retry', { id: ids[0] ?? 0, dueMs: 5, status: undefined, error: undefined })
    ask(scarce, 'dead', { id: ids[0] ?? 0, reason: 'gone' })
    ask(scarce, 'write', { remove: [1] })
    ask(scarce, 'done', { ids })

    expect(ask(scarce, 'stats', undefined)).toMatchObject({ pending: 0, dead: 0 })
    scarce.close()
  })

  test('is looked at before each transaction, with all that would go into it', () => {
    const file = openFile(temporaryFolder(), { maxBytes: 2 * mebibyte })
    const call = callOf(
      'append',
      { records: [{ body: 0, destination: 0, items: 1 }], bodies: [new Uint8Array(mebibyte)] },
      1,
      mebibyte,
    )

    const outcomes = file.run([call, call, call], 0)

    expect(outcomes).toMatchObject([
      { result: [1] },
      { fault: { kind: 'full' } },
      { fault: { kind: 'full' } },
    ])
    file.close()
  })
})

describe('OUT-08: room is given back', () => {
  test('in steps, while the file is idle', () => {
    const folder = temporaryFolder()
    const file = openFile(folder)
    const large = new Uint8Array(mebibyte)
    const ids = Array.from({ length: 30 }, () => append(file, large)[0] ?? 0)
    ask(file, 'done', { ids })
    const size = (): number => file.fileBytes() / mebibyte
    expect(size()).toBeGreaterThan(30)

    expect(file.maintain(0, false)).toBe(false)
    expect(size()).toBeGreaterThan(30)
    const sizes: number[] = []
    let isMore = true
    while (isMore) {
      isMore = file.maintain(0, true)
      sizes.push(size())
    }

    // 2000 pages are 7.8 MiB.
    expect(sizes[0]).toBeGreaterThan(20)
    expect(sizes.at(-1)).toBeLessThan(5)
    expect(sizes.length).toBeGreaterThanOrEqual(4)
    file.close()
  })

  test('and a steady backlog keeps the size of the file', () => {
    const file = openFile(temporaryFolder())
    const waiting: number[] = []
    let largest = 0
    for (let round = 0; round < 400; round++) {
      waiting.push(...append(file, body))
      if (waiting.length > 20) ask(file, 'done', { ids: waiting.splice(0, 1) })
      largest = Math.max(largest, ask(file, 'fileBytes', undefined))
    }

    expect(largest).toBeLessThan(9 * mebibyte)
    file.close()
  })

  test('by entries that have expired, even while the file is used', () => {
    const file = openFile(temporaryFolder())
    const entries = Array.from({ length: 700 }, (_, at) => ({
      key: `k${at}`,
      value: new Uint8Array(1),
      expiresMs: 10,
    }))
    ask(file, 'put', { entries })

    expect(file.maintain(10, false)).toBe(true)
    expect(file.maintain(10, false)).toBe(false)

    expect(ask(file, 'entries', { prefix: '', after: undefined }, { nowMs: 0 })).toEqual([])
    file.close()
  })
})
