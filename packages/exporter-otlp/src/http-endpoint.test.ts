import { expect, it } from 'vitest'

import { tracesUrl } from './http-endpoint.ts'

it.each([
  ['http://h:1', undefined, 'http://h:1/v1/traces'],
  ['http://h:1/', undefined, 'http://h:1/v1/traces'],
  ['http://h:1/base//', undefined, 'http://h:1/base/v1/traces'],
  ['http://h:1', 'http://i:2/in?x=1', 'http://i:2/in?x=1'],
  [undefined, 'http://i:2/in/', 'http://i:2/in/'],
  [undefined, undefined, ''],
])('7.1: endpoint %s and traces_endpoint %s lead to %s', (endpoint, tracesEndpoint, url) => {
  expect(tracesUrl(endpoint, tracesEndpoint)).toBe(url)
})
