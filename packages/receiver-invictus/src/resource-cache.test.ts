import { expect, it } from 'vitest'

import { resourceCache } from './resource-cache.ts'

it('makes a resource once, and forgets when there are too many', () => {
  const resourceOf = resourceCache(2)
  const a = resourceOf('a')
  expect(a.attributes).toEqual({ 'service.name': 'a' })
  resourceOf('b')
  expect(resourceOf('a')).toBe(a)

  resourceOf('c')
  expect(resourceOf('a')).not.toBe(a)
})
