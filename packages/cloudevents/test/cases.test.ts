import { readFileSync } from 'node:fs'

import {
  type CloudEvent,
  CloudEventError,
  contentMode,
  decodeHttpBinary,
  decodeJson,
  decodeJsonBatch,
  decodeMessage,
  parseTraceContext,
  readData,
} from '@spanloom/cloudevents'
import { describe, expect, it } from 'vitest'

type Pairs = readonly (readonly [string, unknown])[]

interface Expected {
  readonly status?: number
  readonly error?: string
  readonly events?: readonly { readonly attributes: unknown; readonly data: unknown }[]
}

const read = <Case>(name: string): readonly Case[] => {
  const file: { cases: readonly Case[] } = JSON.parse(
    readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8'),
  )
  return file.cases
}

interface TraceCase {
  readonly id: string
  readonly title: string
  readonly traceparent: unknown
  readonly tracestate?: unknown
  readonly expect: {
    readonly valid: boolean
    readonly trace_id?: string
    readonly span_id?: string
    readonly flags?: number
    readonly trace_state?: string
  }
}

describe('the trace context', () => {
  it.each(read<TraceCase>('traceparent'))('$id $title', ({ traceparent, tracestate, expect: wanted }) => {
    const context = parseTraceContext(traceparent, tracestate)
    expect(context).toEqual(
      wanted.valid
        ? {
            traceId: wanted.trace_id,
            spanId: wanted.span_id,
            flags: wanted.flags,
            traceState: wanted.trace_state ?? '',
          }
        : undefined,
    )
  })
})

interface HttpCase {
  readonly id: string
  readonly title: string
  readonly config?: {
    readonly validation?: 'strict'
    readonly create_span?: string
    readonly max_body_size?: number
  }
  readonly request: { readonly headers: readonly (readonly [string, string])[]; readonly body: string | null }
  readonly expect: Expected
}

function decodeRequest({ request, config }: HttpCase): readonly CloudEvent[] {
  const headers: Record<string, string[]> = {}
  for (const [name, value] of request.headers) (headers[name.toLowerCase()] ??= []).push(value)
  const body = Buffer.from(request.body ?? '')
  const { mode, isSupported } = contentMode(headers['content-type']?.[0])
  if (!isSupported) throw new CloudEventError('unsupported_format', 'unsupported')
  const options = { validation: config?.validation ?? 'lenient' } as const
  if (mode === 'binary') return [decodeHttpBinary(headers, body, options)]
  if (mode === 'structured') return [decodeJson(body, options)]
  return decodeJsonBatch(body, options).flatMap(({ event }) => (event === undefined ? [] : [event]))
}

function shownEvent(event: CloudEvent): unknown {
  const data = readData(event)
  return {
    attributes: Object.fromEntries(event.attributes),
    data:
      data.kind === 'binary' ? { kind: 'binary', base64: Buffer.from(data.bytes).toString('base64') } : data,
  }
}

describe('a request of HTTP', () => {
  const decoded = read<HttpCase>('http-receiver').filter(
    // Those that only the receiver can fulfil: it limits bodies and creates spans.
    ({ config }) => config?.max_body_size === undefined && config?.create_span === undefined,
  )

  it.each(decoded.filter(({ expect: { status = 202 } }) => status >= 400))('$id $title', (one) => {
    expect(() => decodeRequest(one)).toThrow(CloudEventError)
  })

  it.each(decoded.filter(({ expect: { status = 202 } }) => status < 400))('$id $title', (one) => {
    const { events } = one.expect
    const got = decodeRequest(one)
    expect(got.length).toBeGreaterThanOrEqual(events?.length ?? 1)
    expect(events === undefined ? undefined : got.map(shownEvent)).toEqual(events)
  })
})

interface BrokerCase {
  readonly id: string
  readonly title: string
  readonly binding: 'kafka' | 'amqp' | 'websocket'
  readonly config?: { readonly validation?: 'strict' }
  readonly message: {
    readonly headers?: Pairs
    readonly application_properties?: Pairs
    readonly properties?: { readonly content_type: string }
    readonly value?: string | null
    readonly body?: string
    readonly payload?: string
  }
  readonly expect: Expected
}

function native(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const { amqp, ms, value: inner } = value as { amqp: string; ms?: number; value?: unknown }
  return amqp === 'timestamp' ? new Date(ms ?? 0) : inner
}

function decodeBroker({ binding, message, config = {} }: BrokerCase): CloudEvent {
  if (binding === 'websocket') return decodeJson(Buffer.from(message.payload ?? ''), config)
  const pairs = message.headers ?? message.application_properties ?? []
  const properties = Object.fromEntries(pairs.map(([name, value]) => [name, native(value)]))
  const contentType = message.properties?.content_type ?? properties['content-type']
  const value = message.value ?? message.body
  return decodeMessage(
    {
      contentType: typeof contentType === 'string' ? contentType : undefined,
      properties,
      body: value === undefined ? undefined : Buffer.from(value),
    },
    config,
  )
}

describe('a message of a broker', () => {
  const all = read<BrokerCase>('broker-messages')

  it.each(all.filter(({ expect: { error } }) => error !== undefined))('$id $title', (one) => {
    expect(() => decodeBroker(one)).toThrow(expect.objectContaining({ reason: one.expect.error }))
  })

  it.each(all.filter(({ expect: { error } }) => error === undefined))('$id $title', (one) => {
    const { events } = one.expect
    const got = shownEvent(decodeBroker(one))
    expect(events === undefined ? undefined : [got]).toEqual(events)
  })
})
