import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Ports that operating systems do not hand out by themselves. One that they do may be taken by any connection
 * that somebody opens before the peer listens, also by a client that tries to reach that very port.
 */
const [firstPort, lastPort] = [16_384, 32_767]
const attempts = 100

/**
 * A loopback TCP port that nobody listens on.
 *
 * For peers that cannot be given port 0 and asked afterwards, and for those that start late. Nothing reserves
 * the port, but nobody else gets it by chance.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = randomInt(firstPort, lastPort + 1)
    if (await isFree(port)) return port
  }
  throw new Error(`No port from ${firstPort} to ${lastPort} is free.`)
}

/** The same as `host:port`, as configurations want it. */
export async function freeAddress(): Promise<string> {
  return `127.0.0.1:${await freePort()}`
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
