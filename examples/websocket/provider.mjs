// The provider: sends commands over a WebSocket and expects each result as an HTTP callback that carries the
// command's trace-id unchanged. Stands in for the service that a real integrator connects to.
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'

import { WebSocketServer } from 'ws'

const commands = [
  // The id of the contract's own example, with its 31 digits: a black box that nobody may mend.
  {
    rID: '2021-03-13 00:32:04.942046#UP57RxE',
    operation: 'categoriesInfo',
    traceId: 'c0a8017f6f2c4d98bd70a35c90f1f01',
  },
  {
    rID: '2021-03-13 00:32:05.017331#Lm4R2EQ',
    operation: 'getBill',
    traceId: randomBytes(16).toString('hex'),
  },
  { rID: '2021-03-13 00:32:05.244902#x91KwzA', operation: 'tablesInfo', traceId: 'order-4711' },
]

/** Serves the socket and the callbacks on one port; `done` resolves with the verdicts when all commands are answered. */
export async function startProvider(port = 7600) {
  const open = new Map()
  const verdicts = []
  const done = Promise.withResolvers()

  const server = createServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await Array.fromAsync(request)).toString())
    const { operation, traceId } = open.get(body.rID) ?? {}
    const returned = request.headers['trace-id']
    verdicts.push({ operation, returned, unchanged: returned === traceId })
    response.writeHead(200).end()
    if (verdicts.length === commands.length) done.resolve(verdicts)
  })

  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => {
    socket.send('connected')
    for (const command of commands) {
      const { rID, operation, traceId } = command
      open.set(rID, command)
      const spanId = randomBytes(8).toString('hex')
      socket.send(JSON.stringify({ rID, operation, __headers__: { 'trace-id': traceId, 'span-id': spanId } }))
    }
  })

  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
  const close = () => {
    for (const socket of sockets.clients) socket.terminate()
    server.close()
    server.closeAllConnections()
  }
  return { port: server.address().port, done: done.promise, close }
}
