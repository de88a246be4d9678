import { createHmac } from 'node:crypto'

import type { HttpSource } from '@spanloom/core'
import {
  createComponent,
  fakeClock,
  type FakeClock,
  testHost,
  testTelemetry,
  type TestTelemetry,
  TracesSink,
} from '@spanloom/core/testing'
import { request } from 'undici'
import { afterEach } from 'vitest'

import { valuestreamReceiver } from '../src/index.ts'
import { arrivalMs, type Delivery, sourceOf } from './fixtures.ts'

/** What a sender is told. */
export interface Told {
  readonly status: number
  readonly json: unknown
  readonly headers: Readonly<Record<string, unknown>>
}

/** A receiver that a test posts to. */
export interface Running {
  readonly url: URL
  readonly next: TracesSink
  readonly telemetry: TestTelemetry
  readonly clock: FakeClock
  /** Posts a body, text and bytes as they are, anything else as JSON. */
  readonly post: (path: string, body: unknown, headers?: Readonly<Record<string, string>>) => Promise<Told>
  /** Posts a recorded delivery of that file to the path of its source. */
  readonly deliver: (file: string, delivery: Delivery) => Promise<Told>
}

const open: HttpSource[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((receiver) => receiver.shutdown(AbortSignal.timeout(2_000))))
})

/** Settings that serve every source to anybody. */
export const everySource: Readonly<Record<string, unknown>> = {
  github: {},
  gitlab: {},
  jenkins: {},
  jira: {},
  customhttp: {},
}

/** Starts a receiver, which is stopped after the test. */
export async function running(
  sources: unknown = everySource,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<Running> {
  const next = new TracesSink()
  const telemetry = testTelemetry()
  const clock = fakeClock(arrivalMs)
  const receiver = createComponent(
    valuestreamReceiver,
    { endpoint: '127.0.0.1:0', sources, ...settings },
    { next, telemetry, clock },
  )
  open.push(receiver)
  await receiver.start(testHost())
  const { url } = receiver
  if (url === undefined) throw new Error('The receiver does not listen.')
  const post: Running['post'] = async (path, body, headers = {}) => {
    const raw = typeof body === 'string' || body instanceof Uint8Array
    const answer = await request(new URL(path, url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: raw ? body : JSON.stringify(body),
    })
    const text = await answer.body.text()
    return {
      status: answer.statusCode,
      headers: answer.headers,
      json: text === '' ? undefined : JSON.parse(text),
    }
  }
  return {
    url,
    next,
    telemetry,
    clock,
    post,
    deliver: (file, { payload, headers }) => post(pathOf(file), payload, headers),
  }
}

/** The path that a source posts to by default. */
export function pathOf(file: string): string {
  const source = sourceOf(file)
  return source === 'jiracloud' ? '/jira' : `/${source}`
}

/** HMAC in hex. */
export function hmac(secret: string, body: string | Uint8Array, algorithm = 'sha256'): string {
  return createHmac(algorithm, secret).update(body).digest('hex')
}
