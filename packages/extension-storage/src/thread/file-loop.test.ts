import { type FakeClock, fakeClock } from '@spanloom/core/testing'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'

import { append, ask, callOf, openFile, temporaryFolder } from '../../test/setup.ts'
import type { Call } from '../database/operations.ts'
import type { Outcome, StoreFile } from '../database/store-file.ts'
import { FileLoop } from './file-loop.ts'

let file: StoreFile
let clock: FakeClock
let loop: FileLoop
let wakes: number
let answers: Outcome[]
let groups: number[]

beforeEach(() => {
  file = openFile(temporaryFolder())
  onTestFinished(() => file.close())
  clock = fakeClock()
  wakes = 0
  answers = []
  groups = []
  const run = file.run.bind(file)
  vi.spyOn(file, 'run').mockImplementation((calls, nowMs) => {
    groups.push(calls.length)
    return run(calls, nowMs)
  })
  loop = new FileLoop(file, clock, () => wakes++)
})

const add = (call: Call): void => loop.add({ call, nowMs: 0, answer: (outcome) => answers.push(outcome) })
const addAppend = (bytes = 10): void =>
  add(
    callOf(
      'append',
      { records: [{ body: 0, destination: 0, items: 1 }], bodies: [new Uint8Array(bytes)] },
      1,
      bytes,
    ),
  )
const drain = (): void => {
  while (loop.isReady) loop.runGroup()
}

describe('OUT-02: everything waiting goes into one transaction', () => {
  test('of at most 512 records', () => {
    for (let count = 0; count < 1_100; count++) addAppend()

    drain()

    expect(groups).toEqual([512, 512, 76])
    expect(answers).toHaveLength(1_100)
  })

  test('of at most 8 MiB', () => {
    for (let count = 0; count < 5; count++) addAppend(3 << 20)

    drain()

    expect(groups).toEqual([2, 2, 1])
  })

  test('however large a single call is', () => {
    addAppend(9 << 20)
    addAppend()

    drain()

    expect(groups).toEqual([1, 1])
  })

  test('and answers come after it', () => {
    addAppend()
    addAppend()

    expect(answers).toEqual([])
    loop.runGroup()

    expect(answers).toEqual([{ result: [1] }, { result: [2] }])
  })

  test('reads are bounded, too, since their answers lie in memory', () => {
    for (let count = 0; count < 20; count++) add(callOf('body', { id: 1 }))

    drain()

    expect(groups).toEqual([16, 4])
  })
})

describe('OUT-05: removing what was delivered is gathered', () => {
  const done = (...ids: readonly number[]): void => add(callOf('done', { ids }, ids.length))

  test('for 50 ms', async () => {
    done(1)
    await clock.advance(49)
    expect(loop.isReady).toBe(false)
    done(2)

    await clock.advance(1)

    expect(loop.isReady).toBe(true)
    expect(wakes).toBe(1)
    drain()
    expect(groups).toEqual([2])
  })

  test('up to 256 records', () => {
    done(...Array.from({ length: 255 }, (_, at) => at))
    expect(loop.isReady).toBe(false)

    done(255)

    expect(loop.isReady).toBe(true)
  })

  test('until something else is written', () => {
    done(1)
    addAppend()

    drain()

    expect(groups).toEqual([2])
    expect(clock.pending).toBe(0)
    expect(loop.isReady).toBe(false)
  })

  test('but not for the sake of a body', () => {
    done(1)
    add(callOf('body', { id: 7 }))

    drain()

    expect(groups).toEqual([1])
    expect(clock.pending).toBe(1)
  })

  test('and nobody reads what was delivered before', () => {
    const [id = 0] = append(file, new Uint8Array(1))
    done(id)
    add(callOf('pending', { after: 0, limit: 10 }))

    drain()

    expect(answers).toEqual([{ result: undefined }, { result: [] }])
  })

  test('and is done before a file closes', () => {
    const ids = append(file, new Uint8Array(1), new Uint8Array(1))
    done(...ids)

    loop.drain()

    expect(ask(file, 'stats', undefined)).toMatchObject({ pending: 0 })
    expect(clock.pending).toBe(0)
  })
})
