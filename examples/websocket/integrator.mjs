// The integrator's service, as it may have stood for years: a plain HTTP API that knows nothing of WebSockets.
// The sidecar forwards each command to it. What it answers at once is the result; for what takes longer it answers
// 202 and posts the result to the sidecar later. All it does for tracing is to log the header `trace-id`.
import { createServer } from 'node:http'
import { setTimeout as elapse } from 'node:timers/promises'

const answers = {
  categoriesInfo: () => ({ categories: ['Soups', 'Desserts'] }),
  tablesInfo: () => ({ tables: [{ id: 1, seats: 4 }] }),
}

/** Serves `POST /commands/{operation}`; results of slow operations go to `callbackUrl`. */
export async function startIntegrator({ port = 9000, callbackUrl, log = console.log }) {
  const server = createServer(async (request, response) => {
    const operation = request.url.split('/').at(-1)
    const { rID } = JSON.parse(Buffer.concat(await Array.fromAsync(request)).toString())
    log(`[integrator] ${operation} trace-id=${request.headers['trace-id']}`)
    const answer = answers[operation]
    if (answer !== undefined) {
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ rID, ...answer() }))
      return
    }
    response.writeHead(202).end()
    await computeBill(rID, operation)
  })

  async function computeBill(rID, operation) {
    await elapse(50)
    const result = await fetch(`${callbackUrl}/callback/${operation}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ rID, bill: { sum: 12.5, currency: 'EUR' } }),
    })
    log(`[integrator] ${operation} delivered: ${result.status}`)
  }

  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { port: server.address().port, close }
}
