import type { QueueRecord } from '@spanloom/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'

import type { Call } from '../src/database/operations.ts'
import type { StoreFile } from '../src/database/store-file.ts'
import { ask, callOf, openFile, temporaryFolder } from './setup.ts'

type Modelled = QueueRecord & { state: 'pending' | 'dead'; body: Uint8Array }

/** The queue as plain as it can be. */
class QueueModel {
  readonly records = new Map<number, Modelled>()
  #lastId = 0

  append(records: readonly Appended[], nowMs: number): readonly number[] {
    return records.map(({ uid, body, destination, attributes, dueMs }) => {
      for (const [id, known] of this.records) if (uid !== undefined && known.uid === uid) return id
      const id = ++this.#lastId
      this.records.set(id, {
        id,
        ...(uid === undefined ? {} : { uid }),
        destination,
        items: body.length + 1,
        bytes: body.length,
        attempts: 0,
        createdMs: nowMs,
        dueMs: dueMs ?? nowMs,
        ...(attributes === undefined ? {} : { attributes }),
        state: 'pending',
        body,
      })
      return id
    })
  }

  change(id: number, state: Modelled['state'], change: Partial<Modelled>): boolean {
    const record = this.records.get(id)
    if (record?.state !== state) return false
    this.records.set(id, { ...record, ...change })
    return true
  }

  list(state: Modelled['state']): readonly QueueRecord[] {
    return [...this.records.values()]
      .filter((record) => record.state === state)
      .map(({ state: _state, body: _body, ...record }) => record)
  }
}

interface Appended {
  readonly uid?: string | undefined
  readonly body: Uint8Array
  readonly destination: number
  readonly attributes?: Uint8Array | undefined
  readonly dueMs?: number | undefined
}

const id = fc.integer({ min: 1, max: 30 })
const ms = fc.integer({ min: 0, max: 1_000 })
const appended: fc.Arbitrary<readonly Appended[]> = fc.array(
  fc.record(
    {
      uid: fc.string({ unit: 'binary', minLength: 1, maxLength: 2 }).map((text) => text.toWellFormed()),
      body: fc.uint8Array({ maxLength: 40 }),
      destination: fc.integer({ min: 0, max: 2 }),
      attributes: fc.uint8Array({ maxLength: 10 }),
      dueMs: ms,
    },
    { requiredKeys: ['body', 'destination'] },
  ),
  { minLength: 1, maxLength: 4 },
)

/** One change; answers what the queue must answer. */
type Step =
  | { readonly kind: 'append'; readonly records: readonly Appended[]; readonly shared: boolean }
  | { readonly kind: 'done'; readonly ids: readonly number[] }
  | {
      readonly kind: 'retry'
      readonly id: number
      readonly dueMs: number
      readonly status?: number | undefined
    }
  | { readonly kind: 'dead'; readonly id: number }
  | { readonly kind: 'revive'; readonly ids: readonly number[]; readonly dueMs: number }
  | { readonly kind: 'reopen' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('append'), records: appended, shared: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('done'), ids: fc.array(id, { maxLength: 5 }) }) },
  {
    weight: 2,
    arbitrary: fc.record(
      { kind: fc.constant('retry'), id, dueMs: ms, status: fc.integer({ min: 100, max: 599 }) },
      { requiredKeys: ['kind', 'id', 'dueMs'] },
    ),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('dead'), id }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('revive'),
      ids: fc.uniqueArray(id, { maxLength: 5 }),
      dueMs: ms,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen') }) },
)

function toCall(change: Exclude<Step, { kind: 'reopen' }>): Call {
  switch (change.kind) {
    case 'append': {
      const bodies = change.records.map(({ body }) => body)
      return callOf('append', {
        bodies,
        records: change.records.map(({ uid, body, destination, attributes, dueMs }, at) => ({
          ...(uid === undefined ? {} : { uid }),
          ...(attributes === undefined ? {} : { attributes }),
          ...(dueMs === undefined ? {} : { dueMs }),
          destination,
          items: body.length + 1,
          body: at,
        })),
      })
    }
    case 'done':
      return callOf('done', { ids: change.ids })
    case 'retry':
      return callOf('retry', { id: change.id, dueMs: change.dueMs, status: change.status, error: 'refused' })
    case 'dead':
      return callOf('dead', { id: change.id, reason: 'given up' })
    case 'revive':
      return callOf('revive', { ids: change.ids, dueMs: change.dueMs })
  }
}

function applied(model: QueueModel, change: Exclude<Step, { kind: 'reopen' }>, nowMs: number): unknown {
  switch (change.kind) {
    case 'append':
      return model.append(change.records, nowMs)
    case 'done':
      for (const each of change.ids) model.records.delete(each)
      return undefined
    case 'retry': {
      const record = model.records.get(change.id)
      if (record?.state !== 'pending') return undefined
      const { lastStatus: _lastStatus, ...rest } = record
      model.records.set(change.id, {
        ...rest,
        attempts: record.attempts + 1,
        dueMs: change.dueMs,
        lastError: 'refused',
        ...(change.status === undefined ? {} : { lastStatus: change.status }),
      })
      return undefined
    }
    case 'dead':
      model.change(change.id, 'pending', { state: 'dead', lastError: 'given up' })
      return undefined
    case 'revive':
      return change.ids.filter((each) =>
        model.change(each, 'dead', { state: 'pending', attempts: 0, dueMs: change.dueMs }),
      )
  }
}

function expectEqual(file: StoreFile, model: QueueModel): void {
  const [pending, dead] = [model.list('pending'), model.list('dead')]
  expect(ask(file, 'pending', { after: 0, limit: 100 })).toEqual(pending)
  expect(ask(file, 'deadLetters', { after: 0, limit: 100 })).toEqual(dead)
  expect(ask(file, 'pending', { after: 3, limit: 2 })).toEqual(
    pending.filter((each) => each.id > 3).slice(0, 2),
  )
  const inTime = pending.filter(({ destination }) => destination === 1).toSorted((a, b) => a.dueMs - b.dueMs)
  expect(ask(file, 'due', { destination: 1, nowMs: 500, limit: 100 })).toEqual(
    inTime.filter(({ dueMs }) => dueMs <= 500),
  )
  expect(ask(file, 'nextDueMs', { destination: 1 })).toBe(inTime[0]?.dueMs)
  expect(ask(file, 'stats', undefined)).toEqual({
    pending: pending.length,
    pendingItems: pending.reduce((sum, { items }) => sum + items, 0),
    pendingBytes: pending.reduce((sum, { bytes }) => sum + bytes, 0),
    dead: dead.length,
    oldestMs: pending[0]?.createdMs,
  })
  for (let each = 0; each <= 30; each++) {
    expect(ask(file, 'body', { id: each })).toEqual(model.records.get(each)?.body)
  }
}

it('is a queue, whatever is done to it and however often it is opened', () => {
  const folder = temporaryFolder()
  let run = 0
  fc.assert(
    fc.property(fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { maxLength: 8 }), (groups) => {
      const path = `${folder}/${run++}.db`
      const model = new QueueModel()
      let file = openFile(folder, { path })
      let nowMs = 0
      let unclean = false
      try {
        for (const group of groups) {
          nowMs += 7
          const changes = group.filter((each) => each.kind !== 'reopen')
          const outcomes = file.run(
            changes.map((each) => toCall(each)),
            nowMs,
          )
          expect(outcomes).toEqual(changes.map((each) => ({ result: applied(model, each, nowMs) })))
          if (changes.length < group.length) {
            file.close()
            file = openFile(folder, { path })
            unclean ||= file.opened.unclean
          }
          expectEqual(file, model)
        }
        expect(unclean).toBe(false)
      } finally {
        file.close()
      }
    }),
    { numRuns: 60 },
  )
}, 60_000)

it('keeps one copy of a shared body until its last record is gone', () => {
  const file = openFile(temporaryFolder())
  const body = new Uint8Array([1, 2, 3])
  const record = { body: 0, items: 1 }

  const ids = ask(file, 'append', {
    records: [0, 1, 2].map((destination) => ({ ...record, destination })),
    bodies: [body],
  })
  const bodies = (): unknown => file.queue.bodyCount()
  expect(bodies()).toBe(1)
  ask(file, 'done', { ids: ids.slice(0, 2) })

  expect(ask(file, 'body', { id: ids[2] ?? 0 })).toEqual(body)
  expect(bodies()).toBe(1)
  ask(file, 'done', { ids })
  expect(bodies()).toBe(0)
  file.close()
})
