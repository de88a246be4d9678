import type { Socket } from 'node:net'

import type { Peer } from '../amqp/peer.ts'
import { api, type ApiRange } from './api.ts'
import type { Endpoint, Handler, KafkaRequest } from './endpoint.ts'
import { fetch } from './fetch.ts'
import { heartbeat, joinGroup, leaveGroup, syncGroup } from './groups.ts'
import { apiVersions, findCoordinator, metadata } from './metadata.ts'
import { listOffsets, offsetCommit, offsetFetch } from './offsets.ts'
import { LostOutcome, produce } from './produce.ts'
import { Login } from './sasl.ts'
import { MalformedRequest, WireReader } from './wire-reader.ts'
import { WireWriter } from './wire-writer.ts'

/** What is answered after the log-in. */
const handlers = new Map<number, { readonly range: ApiRange; readonly handle: Handler }>(
  (
    [
      [api.produce, produce],
      [api.fetch, fetch],
      [api.listOffsets, listOffsets],
      [api.metadata, metadata],
      [api.offsetCommit, offsetCommit],
      [api.offsetFetch, offsetFetch],
      [api.findCoordinator, findCoordinator],
      [api.joinGroup, joinGroup],
      [api.heartbeat, heartbeat],
      [api.leaveGroup, leaveGroup],
      [api.syncGroup, syncGroup],
    ] as const
  ).map(([range, handle]) => [range.key, { range, handle }]),
)

/** Requests that may wait for their turn; more is a client that does not listen. */
const maxWaiting = 100

/**
 * Speaks the Kafka protocol over a socket, one request after the other. As the service does, it hangs up on
 * whoever sends a version that it does not know, or wants something before it has logged in.
 */
export function acceptKafkaPeer(socket: Socket, endpoint: Endpoint): Peer {
  const login = new Login(endpoint.namespace)
  const gone = new AbortController()
  const frames = frameReader(endpoint.namespace.maxMessageSize * 2)
  let turn = Promise.resolve()
  let waiting = 0

  const answer = async (frame: Buffer): Promise<void> => {
    if (socket.destroyed) return
    try {
      const response = await respond(frame, login, endpoint, gone.signal)
      if (response !== undefined && !socket.destroyed) socket.write(response)
    } catch (error) {
      socket.destroy()
      // A fault of ours costs the peer its connection, and nobody else anything; but it is not kept quiet.
      if (!isPeersFault(error) && !gone.signal.aborted) process.emitWarning(toError(error))
    } finally {
      waiting -= 1
    }
  }
  socket.on('data', (chunk: Buffer) => {
    for (const frame of frames(chunk)) {
      waiting += 1
      if (frame === 'too large' || waiting > maxWaiting) {
        socket.destroy()
        return
      }
      turn = turn.then(() => answer(frame))
    }
  })
  socket.on('error', () => undefined)
  socket.once('close', () => gone.abort())
  return {
    links: new Set(),
    close: () => void socket.end(),
    destroy: () => void socket.destroy(),
  }
}

async function respond(
  frame: Buffer,
  login: Login,
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  if (login.wantsBareProof) {
    if (!login.authenticateBare(frame)) throw new MalformedRequest('its proof is refused')
    return new WireWriter().bytes(Buffer.alloc(0)).finish()
  }
  const body = new WireReader(frame)
  const key = body.int16()
  const version = body.int16()
  const correlation = body.int32()
  const clientId = body.nullableString() ?? ''
  const answer = await dispatch(key, { version, clientId, body, signal }, login, endpoint)
  if (answer === undefined) return undefined
  const content = answer.finish()
  return new WireWriter()
    .int32(content.length + 4)
    .int32(correlation)
    .raw(content)
    .finish()
}

function dispatch(key: number, request: KafkaRequest, login: Login, endpoint: Endpoint): ReturnType<Handler> {
  if (key === api.apiVersions.key) return apiVersions(request, endpoint)
  if (isIn(request, api.saslHandshake, key)) return login.handshake(request)
  if (isIn(request, api.saslAuthenticate, key)) return login.authenticate(request)
  const known = handlers.get(key)
  if (known === undefined || !isIn(request, known.range, key)) {
    throw new MalformedRequest(`request ${key} is not known in version ${request.version}`)
  }
  if (!login.isDone) throw new MalformedRequest(`request ${key} comes before the log-in`)
  return known.handle(request, endpoint)
}

function isIn({ version }: KafkaRequest, range: ApiRange, key: number): boolean {
  return key === range.key && version >= range.min && version <= range.max
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

function isPeersFault(error: unknown): boolean {
  return error instanceof MalformedRequest || error instanceof LostOutcome
}

/** Cuts a stream into frames, each behind its length. */
function frameReader(maxBytes: number): (chunk: Buffer) => (Buffer | 'too large')[] {
  let chunks: Buffer[] = []
  let bytes = 0
  let wanted = 4
  return (chunk) => {
    chunks.push(chunk)
    bytes += chunk.length
    const frames: (Buffer | 'too large')[] = []
    while (bytes >= wanted) {
      const all = Buffer.concat(chunks)
      const size = all.readInt32BE(0)
      if (size < 0 || size > maxBytes) return [...frames, 'too large']
      wanted = 4 + size
      if (all.length >= wanted) {
        frames.push(all.subarray(4, wanted))
        chunks = [all.subarray(wanted)]
        bytes = all.length - wanted
        wanted = 4
      } else {
        chunks = [all]
        break
      }
    }
    return frames
  }
}
