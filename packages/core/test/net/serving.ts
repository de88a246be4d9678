import { connect, type Socket } from 'node:net'

import { Agent, request } from 'undici'

import { systemClock } from '../../src/clock/clock.ts'
import type { Extension } from '../../src/component/extension.ts'
import { httpServerSettings } from '../../src/net/http-server-settings.ts'
import { createHttpServer, type HttpHandler, type HttpServer } from '../../src/net/http-server.ts'
import { errorAnswer } from '../../src/net/outcome-tables.ts'
import { parseConfig } from '../../src/schema/parse-config.ts'
import { testHost, testTelemetry, type TestTelemetry } from '../../src/testing/index.ts'

/** Settings of a server alone. */
export const schema = { type: 'object', properties: httpServerSettings, additionalProperties: false } as const
const agents: Agent[] = []
const running: HttpServer[] = []

/** A running server. */
export interface Started {
  readonly server: HttpServer
  readonly url: string
  readonly telemetry: TestTelemetry
}

/** Starts a server on a free port; by default it sends back what it gets. */
export async function start(
  settings: Readonly<Record<string, unknown>> = {},
  handle: HttpHandler = async (received) => ({ status: 200, body: await received.body() }),
  extensions: Readonly<Record<string, Extension>> = {},
): Promise<Started> {
  const telemetry = testTelemetry()
  const config = parseConfig(schema, { endpoint: '127.0.0.1:0', ...settings })
  const server = createHttpServer({
    id: 'test',
    config,
    telemetry,
    clock: systemClock,
    handle,
    fault(error) {
      const { httpStatus, message } = errorAnswer(error)
      return { status: httpStatus, body: message }
    },
  })
  running.push(server)
  await server.start(testHost(extensions))
  return { server, url: String(server.url), telemetry }
}

/** A client that ends with the test; `socketPath` for a unix socket. */
export function agent(socketPath?: string): Agent {
  const made = new Agent(socketPath === undefined ? {} : { connect: { socketPath } })
  agents.push(made)
  return made
}

/** An extension that can do `parts` and nothing else. */
export const extension = (parts: Partial<Extension>): Extension => ({
  start: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
  ...parts,
})

/** Sends one request on a connection of its own. */
export async function post(
  url: string,
  body: string | Buffer | AsyncIterable<Buffer>,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string; headers: Record<string, unknown> }> {
  const answer = await request(url, { method: 'POST', body: body as Buffer, headers, dispatcher: agent() })
  return { status: answer.statusCode, text: await answer.body.text(), headers: answer.headers }
}

/** Opens a raw connection, sends `text`, and gives all that comes back until the server closes it. */
export async function raw(server: HttpServer, text: string): Promise<string> {
  const socket = connectTo(server)
  socket.write(text)
  return String(Buffer.concat(await socket.toArray()))
}

/** A bare connection. */
export function connectTo(server: HttpServer): Socket {
  return connect(Number(server.url?.port), '127.0.0.1')
}

/** Ends all servers and clients of a test. */
export async function stopAll(): Promise<void> {
  await Promise.all(agents.splice(0).map((made) => made.destroy()))
  await Promise.all(running.splice(0).map((server) => server.shutdown(AbortSignal.abort())))
}
