import { expect, it } from 'vitest'

import type { AmqpCondition } from './condition.ts'
import { Ownership, type PartitionReader } from './ownership.ts'

interface TestReader extends PartitionReader {
  readonly detachedWith: string[]
}

function reader(epoch?: number): TestReader {
  const detachedWith: string[] = []
  return { epoch, detachedWith, detach: ({ condition }: AmqpCondition) => void detachedWith.push(condition) }
}

function admit(ownership: Ownership, one: PartitionReader, partition = '0'): string | undefined {
  return ownership.admit('flows', '$Default', partition, one)?.condition
}

it.for([
  [1, 2],
  [1, 1],
  [undefined, 0],
])('detaches a reader with epoch %s for one with epoch %s', ([before, after]) => {
  const ownership = new Ownership()
  const [old, next] = [reader(before), reader(after)]

  expect([admit(ownership, old), admit(ownership, next)]).toEqual([undefined, undefined])

  expect(old.detachedWith).toEqual(['amqp:link:stolen'])
  expect(next.detachedWith).toEqual([])
})

it.for([
  [2, 1],
  [0, undefined],
])('refuses, next to a reader with epoch %s, one with epoch %s', ([before, after]) => {
  const ownership = new Ownership()
  const old = reader(before)
  admit(ownership, old)

  expect(admit(ownership, reader(after))).toBe('amqp:link:stolen')

  expect(old.detachedWith).toEqual([])
})

it('refuses a sixth reader without an epoch until one of the five leaves', () => {
  const ownership = new Ownership()
  const [first, ...rest] = Array.from({ length: 5 }, () => reader())
  for (const one of [first, ...rest]) expect(one && admit(ownership, one)).toBeUndefined()

  expect(admit(ownership, reader())).toBe('amqp:resource-limit-exceeded')
  if (first !== undefined) ownership.leave('FLOWS', '$default', '0', first)
  expect(admit(ownership, reader())).toBeUndefined()
})

it('does not mix partitions and consumer groups up', () => {
  const ownership = new Ownership()

  expect(admit(ownership, reader(1), '0')).toBeUndefined()
  expect(admit(ownership, reader(), '1')).toBeUndefined()
  expect(ownership.admit('flows', 'other', '0', reader())).toBeUndefined()
})

it('steals a partition from all its readers', () => {
  const ownership = new Ownership()
  const readers = [reader(), reader()]
  for (const one of readers) admit(ownership, one)

  expect(ownership.steal('flows', '$Default', '0')).toBe(2)
  expect(ownership.steal('flows', '$Default', '0')).toBe(0)

  expect(readers.map(({ detachedWith }) => detachedWith)).toEqual([
    ['amqp:link:stolen'],
    ['amqp:link:stolen'],
  ])
})
