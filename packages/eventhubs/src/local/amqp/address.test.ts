import { expect, it } from 'vitest'

import { parseAddress } from './address.ts'

it.for<[unknown, unknown]>([
  ['$cbs', { kind: 'cbs' }],
  ['$management', { kind: 'management' }],
  ['flows/$management', { kind: 'management' }],
  ['flows', { kind: 'hub', hub: 'flows' }],
  ['sb://host:5672/flows/', { kind: 'hub', hub: 'flows' }],
  ['flows/Partitions/3', { kind: 'hub', hub: 'flows', partition: '3' }],
  [
    'flows/ConsumerGroups/$Default/Partitions/0',
    { kind: 'reader', hub: 'flows', group: '$Default', partition: '0' },
  ],
  ['flows/consumergroups/a/partitions/0', { kind: 'reader', hub: 'flows', group: 'a', partition: '0' }],
  ['', undefined],
  [undefined, undefined],
  ['flows/Somewhere/3', undefined],
  ['flows/ConsumerGroups/a', undefined],
])('reads the address %s', ([address, expected]) => {
  expect(parseAddress(address)).toEqual(expected)
})
