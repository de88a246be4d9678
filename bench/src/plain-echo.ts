// The least that a Node.js process can do with a request: reads the body and sends it back.
import { createServer } from 'node:http'

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => response.writeHead(202).end(Buffer.concat(chunks)))
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(`ready on ${typeof address === 'object' ? address?.port : ''}`)
})
process.on('SIGTERM', () => process.exit())
