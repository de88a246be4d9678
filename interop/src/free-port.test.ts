import { once } from 'node:events'
import { createServer } from 'node:net'

import { expect, test } from 'vitest'

import { freePort } from './free-port.ts'

test('finds a port that one can listen on', async () => {
  const port = await freePort()

  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')

  expect(server.address()).toMatchObject({ port })
  server.close()
})

test('stays away from the ports that systems give to connections', async () => {
  const ports = await Promise.all(Array.from({ length: 20 }, () => freePort()))

  expect(Math.max(...ports)).toBeLessThan(32_768)
  expect(new Set(ports).size).toBeGreaterThan(15)
})
