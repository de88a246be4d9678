// Gets notifications and verifies their signatures, as Standard Webhooks says. In a service of your own use the
// library `standardwebhooks` for that.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

/** Listens; `notified` resolves with the first notification. */
export async function startSubscriber({ port = 9100, secret }) {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const notified = Promise.withResolvers()
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request))
    const {
      'webhook-id': id,
      'webhook-timestamp': time,
      'webhook-signature': signatures = '',
    } = request.headers
    const expected = `v1,${createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest('base64')}`
    const isGenuine = signatures.split(' ').some((each) => equal(each, expected))
    response.writeHead(isGenuine ? 204 : 401).end()
    if (isGenuine) notified.resolve(JSON.parse(body))
  })
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
  return { notified: notified.promise, close: () => server.close() }
}

/** Bytes are compared, which may be more than the characters of a hostile header. */
function equal(given, expected) {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}
