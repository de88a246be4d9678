import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * A loopback TCP port that nobody listens on.
 *
 * For peers that cannot be given port 0 and asked afterwards. Nothing reserves the port, so take it
 * right before the peer starts.
 */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new TypeError('A TCP server has a port.')
  return address.port
}

/** The same as `host:port`, as configurations want it. */
export async function freeAddress(): Promise<string> {
  return `127.0.0.1:${await freePort()}`
}
