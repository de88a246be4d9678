import { expect, it } from 'vitest'

import { hostOf, Namespace, pathOf } from './namespace.ts'

it('spells ids in the scope of the settings, and knows the other spelling', () => {
  const full = new Namespace('github', 'full', 'shop', 'github.com/acme/shop')
  const short = new Namespace('github', 'name', 'shop', 'github.com/acme/shop')

  expect(full.idOf('issue', '1')).toBe('vstrace-github-issue-github.com/acme/shop-1')
  expect(full.aliasesOf('issue', '1')).toEqual(['vstrace-github-issue-shop-1'])
  expect(short.idOf('issue', '1')).toBe('vstrace-github-issue-shop-1')
  expect(short.aliasesOf('issue', '1')).toEqual([])
  expect(full.spellings).toEqual(short.spellings)
  expect(full.oldForm('1')).toBe('vstrace-github-shop-1')
})

it('takes the name alone where host and owner are not told', () => {
  const namespace = new Namespace('github', 'full', 'shop', undefined)
  expect(namespace.idOf('issue', '1')).toBe('vstrace-github-issue-shop-1')
  expect(namespace.spellings).toEqual(['shop'])
})

it.each([
  ['https://GitHub.com:8443/acme/shop/', 'github.com:8443', 'acme/shop'],
  ['https://github.com', 'github.com', undefined],
  ['https://github.com///', 'github.com', undefined],
  ['git@github.com:acme/shop.git', undefined, undefined],
  [undefined, undefined, undefined],
])('reads %s', (url, host, path) => {
  expect(hostOf(url)).toBe(host)
  expect(hostOf(url) === undefined ? undefined : pathOf(url)).toBe(path)
})

it('reads hostile addresses quickly', () => {
  const before = performance.now()
  expect(pathOf(`https://a.example/${'/'.repeat(1e6)}x`)).toBe('x')
  expect(pathOf(`https://a.example/x${'/'.repeat(1e6)}y`)?.length).toBe(1e6 + 2)
  expect(performance.now() - before).toBeLessThan(1_000)
})
