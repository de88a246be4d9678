// Reads every body and answers 200: what Node's HTTP server costs before anything is done with a delivery.
import { createServer } from 'node:http'

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => void chunks.push(chunk))
  request.on('end', () => {
    Buffer.concat(chunks)
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end('{"status":"accepted"}')
  })
})

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.error(`ready on ${typeof address === 'object' && address !== null ? address.port : ''}`)
})
