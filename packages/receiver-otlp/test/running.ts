import { Client, compressionAlgorithms, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import { systemClock } from '@spanloom/core'
import type { Extension } from '@spanloom/core'
import {
  createComponent,
  testHost,
  testTelemetry,
  type TestTelemetry,
  TracesSink,
} from '@spanloom/core/testing'
import { Agent, request } from 'undici'

import { otlpReceiver, type OtlpReceiver } from '../src/index.ts'

/** A receiver with its sink, and clients for both of its protocols. */
export interface Running {
  readonly receiver: OtlpReceiver
  readonly sink: TracesSink
  readonly telemetry: TestTelemetry
  readonly post: (options: Partial<HttpRequest>) => Promise<HttpResponse>
  readonly call: (message: Uint8Array, options?: CallOptions) => Promise<CallResult>
  readonly stop: () => Promise<void>
}

export interface HttpRequest {
  readonly path: string
  readonly method: 'POST' | 'GET' | 'PUT' | 'OPTIONS'
  readonly type: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array>
}

export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

export interface CallOptions {
  readonly metadata?: Readonly<Record<string, string>>
  readonly method?: string
  readonly compression?: keyof typeof compressionAlgorithms
}

export interface CallResult {
  readonly code: number
  readonly error?: ServiceError
  readonly answer?: Buffer
}

export const exportPath = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
const onPortZero = { endpoint: '127.0.0.1:0' }

/** Starts a receiver; `protocols` as a user writes them, on free ports unless they say otherwise. */
export async function start(
  protocols: Readonly<Record<string, Readonly<Record<string, unknown>>>> = { http: {}, grpc: {} },
  extensions: Readonly<Record<string, Extension>> = {},
): Promise<Running> {
  const sink = new TracesSink()
  const telemetry = testTelemetry()
  const config = {
    protocols: Object.fromEntries(
      Object.entries(protocols).map(([name, settings]) => [name, { ...onPortZero, ...settings }]),
    ),
  }
  const receiver = createComponent(otlpReceiver, config, { next: sink, telemetry, clock: systemClock })
  await receiver.start(testHost(extensions))
  const agent = new Agent()
  const clients: Client[] = []
  return {
    receiver,
    sink,
    telemetry,
    post: (options) => post(receiver, agent, options),
    call: (message, options) => {
      const client = clientOf(receiver, options?.compression ?? 'identity')
      clients.push(client)
      return call(client, message, options)
    },
    async stop() {
      for (const client of clients) client.close()
      await agent.destroy()
      await receiver.shutdown(AbortSignal.abort())
    },
  }
}

async function post(
  receiver: OtlpReceiver,
  agent: Agent,
  {
    path = '/v1/traces',
    method = 'POST',
    type = 'application/x-protobuf',
    headers = {},
    body = '',
  }: Partial<HttpRequest>,
): Promise<HttpResponse> {
  const answer = await request(new URL(path, receiver.httpUrl), {
    method,
    dispatcher: agent,
    headers: { ...(type === '' ? {} : { 'content-type': type }), ...headers },
    ...(method === 'GET'
      ? {}
      : { body: typeof body === 'string' || !(body instanceof Uint8Array) ? streamable(body) : body }),
  })
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: Buffer.from(await answer.body.arrayBuffer()),
  }
}

/** undici takes any async iterable, which its types do not say. */
const streamable = (body: string | AsyncIterable<Uint8Array>): string => body as string

function clientOf(receiver: OtlpReceiver, compression: keyof typeof compressionAlgorithms): Client {
  return new Client(receiver.grpcAddress ?? '', credentials.createInsecure(), {
    'grpc.default_compression_algorithm': compressionAlgorithms[compression],
  })
}

function call(
  client: Client,
  message: Uint8Array,
  { metadata = {}, method = exportPath }: CallOptions = {},
): Promise<CallResult> {
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      method,
      (bytes: Uint8Array) => Buffer.from(bytes),
      (bytes: Buffer) => bytes,
      message,
      Metadata.fromHttp2Headers({ ...metadata }),
      { deadline: Date.now() + 10_000 },
      (error, answer) =>
        resolve(
          error === null ? { code: 0, answer: answer ?? Buffer.alloc(0) } : { code: error.code, error },
        ),
    )
  })
}
