import { span } from '@spanloom/core/traces'
import { expect, it } from 'vitest'

import { Fragment } from './fragment.ts'
import { canonicalKey } from './key.ts'

const ids = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), name: '' }

it.each([
  ['spanloom.group', 'g', ({ group }: Fragment) => group, canonicalKey('g')],
  ['spanloom.parent.key', 'p', ({ parentKey }: Fragment) => parentKey, canonicalKey('p')],
  ['spanloom.alias', ['a', '', 'b'], ({ aliases }: Fragment) => aliases, ['a', 'b'].map(canonicalKey)],
  ['spanloom.profile', 'default', ({ profile }: Fragment) => profile, 'default'],
  ['spanloom.assumed', ['start'], ({ assumed }: Fragment) => assumed, ['start']],
])('reads %s wherever it stands, and nothing of the span before', (key, value, read, wanted) => {
  const { bytes } = span({ ...ids, attributes: { [key]: value } })
  const idsLength = span(ids).bytes.length
  // The attribute first: it begins where the buffer does.
  const turned = Buffer.concat([bytes.subarray(idsLength), bytes.subarray(0, idsLength)])
  const fragment = new Fragment()

  fragment.scan(turned, 0, turned.length)
  expect(read(fragment)).toEqual(wanted)

  const plain = span(ids).bytes
  fragment.scan(plain, 0, plain.length)
  expect(read(fragment)).toEqual(Array.isArray(wanted) ? [] : '')
})

it('keeps the attributes apart that are called alike', () => {
  const { bytes } = span({
    ...ids,
    attributes: { 'spanloom.groups': 'x', 'spanloom.grouq': 'y', 'spanloom.keys': 'z' },
  })
  const fragment = new Fragment()
  fragment.scan(bytes, 0, bytes.length)
  expect(fragment).toMatchObject({ controlled: false, group: '', keyName: '' })
})
