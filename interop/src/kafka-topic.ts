import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as elapse } from 'node:timers/promises'

const metadataKey = 3
const metadataVersion = 4
const limitMs = 60_000
const pollMs = 100

/**
 * Makes a topic the way a client without any other right does: by asking for its metadata with the wish that it be
 * made, until the broker knows it.
 */
export async function createKafkaTopic(port: number, name: string): Promise<void> {
  const deadline = performance.now() + limitMs
  while (performance.now() < deadline) {
    const answer = await ask(port, metadataRequest(name)).catch(() => undefined)
    if (answer !== undefined && errorOfTopic(answer) === 0) return
    await elapse(pollMs)
  }
  throw new Error(`The broker did not make the topic ${name}.`)
}

function metadataRequest(topic: string): Buffer {
  const name = Buffer.from(topic)
  const body = Buffer.alloc(8 + 2 + 4 + 2 + name.length + 1)
  body.writeInt16BE(metadataKey, 0)
  body.writeInt16BE(metadataVersion, 2)
  body.writeInt32BE(1, 4)
  // No client id, one topic, and it may be made.
  body.writeInt16BE(-1, 8)
  body.writeInt32BE(1, 10)
  body.writeInt16BE(name.length, 14)
  name.copy(body, 16)
  body.writeInt8(1, 16 + name.length)
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length)
  return Buffer.concat([size, body])
}

async function ask(port: number, request: Buffer): Promise<Buffer> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(limitMs) })
    socket.write(request)
    let answer = Buffer.alloc(0)
    for await (const chunk of socket) {
      if (!Buffer.isBuffer(chunk)) continue
      answer = Buffer.concat([answer, chunk])
      if (answer.length >= 4 && answer.length >= 4 + answer.readInt32BE(0)) return answer
    }
    throw new Error('The broker closed the connection.')
  } finally {
    socket.destroy()
  }
}

/** Error code of the one topic in an answer of version 4. */
function errorOfTopic(answer: Buffer): number {
  let at = 4 + 4 + 4
  const brokers = answer.readInt32BE(at)
  at += 4
  for (let index = 0; index < brokers; index++) {
    at += 4
    at += 2 + answer.readInt16BE(at)
    at += 4
    at += 2 + Math.max(0, answer.readInt16BE(at))
  }
  at += 2 + Math.max(0, answer.readInt16BE(at))
  return answer.readInt16BE(at + 4 + 4)
}
