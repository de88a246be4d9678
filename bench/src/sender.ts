import { Client, credentials, status, type ServiceError } from '@grpc/grpc-js'
import { Agent, request as httpRequest } from 'undici'

import { exportMethod } from './otlp-grpc.ts'
import { serve } from './worker-process.ts'

/** Sends `requests` requests, taking the bodies in turn, `concurrency` at a time; `perSecond` paces them. */
export interface SendRequest {
  readonly protocol: 'grpc' | 'http'
  readonly target: string
  readonly bodies: readonly Uint8Array[]
  readonly contentType?: string
  readonly requests: number
  readonly concurrency: number
  readonly perSecond?: number
}

export interface SendReply {
  readonly seconds: number
  /** Requests that were refused at least once and sent again. */
  readonly refused: number
}

const agent = new Agent({ connections: 32, pipelining: 1 })
const clients = new Map<string, Client>()

async function send(request: SendRequest): Promise<SendReply> {
  const sendOne = request.protocol === 'grpc' ? overGrpc(request) : overHttp(request)
  const started = performance.now()
  let next = 0
  let refused = 0
  const work = async (): Promise<void> => {
    for (let index = next++; index < request.requests; index = next++) {
      const body = request.bodies[index % request.bodies.length]
      if (body === undefined) return
      if (request.perSecond !== undefined) await until(started + (index * 1000) / request.perSecond)
      while (!(await sendOne(body))) {
        refused++
        await until(performance.now() + 5)
      }
    }
  }
  await Promise.all(Array.from({ length: request.concurrency }, work))
  return { seconds: (performance.now() - started) / 1000, refused }
}

const until = (time: number): Promise<void> => {
  const left = time - performance.now()
  return left <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, left))
}

function overGrpc({ target }: SendRequest): (body: Uint8Array) => Promise<boolean> {
  const client =
    clients.get(target) ??
    new Client(target, credentials.createInsecure(), { 'grpc.max_send_message_length': -1 })
  clients.set(target, client)
  const { path, requestSerialize, responseDeserialize } = exportMethod
  return (body) =>
    new Promise((resolve, reject) => {
      const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        bytes,
        (error: ServiceError | null) => {
          if (error === null) resolve(true)
          else if (error.code === status.UNAVAILABLE || error.code === status.RESOURCE_EXHAUSTED)
            resolve(false)
          else reject(error)
        },
      )
    })
}

function overHttp({
  target,
  contentType = 'application/x-protobuf',
}: SendRequest): (body: Uint8Array) => Promise<boolean> {
  return async (body) => {
    const answer = await httpRequest(target, {
      method: 'POST',
      body,
      dispatcher: agent,
      headers: { 'content-type': contentType },
    })
    await answer.body.dump()
    if (answer.statusCode === 200) return true
    if (answer.statusCode === 503 || answer.statusCode === 429) return false
    throw new Error(`The receiver answered ${answer.statusCode}.`)
  }
}

serve(send)
