import { expect, test } from 'vitest'

import { type License, renderLicenses } from './third-party.ts'

const licenses: readonly License[] = [
  { name: 'node', version: '24.21.0', license: 'MIT', text: 'As is.\n' },
  { name: '@scope/long-name', version: '1.0.0', license: 'ISC', text: '' },
]

test('a table has aligned columns and no texts', () => {
  expect(renderLicenses(licenses, 'table')).toBe(
    'node              24.21.0  MIT\n@scope/long-name  1.0.0    ISC\n',
  )
})

test('the text has every licence in full', () => {
  expect(renderLicenses(licenses, 'text')).toBe(
    [
      'node 24.21.0 (MIT)\n==================\n\nAs is.\n',
      '@scope/long-name 1.0.0 (ISC)\n============================\n\nThe package brings no text.\n',
    ].join('\n'),
  )
})

test('data keeps everything', () => {
  expect(JSON.parse(renderLicenses(licenses, 'json'))).toEqual(licenses)
})
