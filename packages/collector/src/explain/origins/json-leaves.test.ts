import fc from 'fast-check'
import { expect, it } from 'vitest'

import { jsonLeaves } from './json-leaves.ts'

it('finds every leaf with its pointer and its place', () => {
  const text = '[{"a" : 1,"b":{"c":[true,null,"x\\"y"],"d":{},"e":[]},"f~/":-1.5e3}, 2]'
  expect(jsonLeaves(text).map(({ pointer, token }) => [pointer, token])).toEqual([
    ['/0/a', '1'],
    ['/0/b/c/0', 'true'],
    ['/0/b/c/1', 'null'],
    ['/0/b/c/2', '"x\\"y"'],
    ['/0/f~0~1', '-1.5e3'],
    ['/1', '2'],
  ])
  expect(jsonLeaves('"whole"')).toEqual([{ pointer: '', start: 0, end: 7, token: '"whole"' }])
})

it('finds in any document what its pointers lead to, and nothing in what is no document', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(3), (text, indent) => {
      const document: unknown = JSON.parse(text)
      const written = JSON.stringify(document, undefined, indent)
      for (const { pointer, start, end, token } of jsonLeaves(written)) {
        expect(written.slice(start, end)).toBe(token)
        expect(at(document, pointer)).toEqual(JSON.parse(token))
      }
      expect(jsonLeaves(written)).toHaveLength(countLeaves(document))
      expect(jsonLeaves(`${text}}`)).toEqual([])
    }),
  )
})

function at(document: unknown, pointer: string): unknown {
  let value = document
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    value =
      typeof value === 'object' && value !== null
        ? Object.getOwnPropertyDescriptor(value, key)?.value
        : undefined
  }
  return value
}

function countLeaves(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1
  return Object.values(value).reduce((sum: number, item) => sum + countLeaves(item), 0)
}
