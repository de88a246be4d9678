import { readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import { type CaseSpan, Placeholders } from './case-spans.ts'
import { startConsumer } from './consumer.ts'
import { rawRequest } from './raw-request.ts'
import { running } from './running.ts'

interface Case {
  readonly id: string
  readonly title: string
  readonly config?: Readonly<Record<string, unknown>>
  readonly request: {
    readonly method: string
    readonly headers: readonly (readonly [string, string])[]
    readonly body: string | null
  }
  readonly expect: {
    readonly status: number
    readonly headers?: Readonly<Record<string, string>>
    readonly absent_headers?: readonly string[]
    readonly response_json?: unknown
    readonly spans?: readonly CaseSpan[]
    readonly metrics?: Readonly<Record<string, number>>
    readonly forwarded?: {
      readonly method: string
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
    }
  }
}

interface Cases {
  readonly default_config: Readonly<Record<string, unknown>>
  readonly cases: readonly Case[]
}

const read = (name: string): Cases =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8'))

const counters: Readonly<Record<string, string>> = {
  'cloudevents.traceparent.invalid': 'traceparent_invalid',
  'cloudevents.attribute.invalid_name': 'attribute_invalid_name',
}

async function play(
  { config, request, expect: wanted }: Case,
  defaults: Cases['default_config'],
): Promise<number> {
  await using consumer = await startConsumer()
  const { max_body_size: maxBodySize, ...settings } = { ...defaults, ...config }
  await using receiver = await running(
    { ...settings, ...(settings['mode'] === 'relay' ? { relay: { url: consumer.url.href } } : {}) },
    maxBodySize === undefined ? {} : { max_body_size: maxBodySize },
  )

  const { method, headers, body } = request
  const answer = await rawRequest(receiver.url, { method, headers, body: body ?? '' })

  expect(answer.headers).toMatchObject(wanted.headers ?? {})
  for (const name of wanted.absent_headers ?? []) expect(answer.headers).not.toHaveProperty(name)
  expect(wanted.response_json === undefined ? undefined : JSON.parse(answer.body)).toEqual(
    wanted.response_json,
  )
  const placeholders = new Placeholders()
  const { got, wanted: spans } = placeholders.compare(receiver.next.spans, wanted.spans ?? [])
  expect(wanted.spans === undefined ? [] : got).toEqual(spans)
  for (const [name, count] of Object.entries(wanted.metrics ?? {})) {
    expect(receiver.telemetry.counters()[counters[name] ?? name]).toBe(count)
  }
  const { forwarded } = wanted
  const expectedHeaders: unknown = JSON.parse(placeholders.filled(JSON.stringify(forwarded?.headers ?? {})))
  expect(consumer.delivered).toHaveLength(forwarded === undefined ? 0 : 1)
  expect(consumer.delivered[0]?.headers ?? {}).toMatchObject(expectedHeaders as object)
  expect(consumer.delivered[0]?.body).toBe(forwarded?.body)
  return answer.status
}

describe('HTTP', () => {
  const { default_config: defaults, cases } = read('http-receiver')
  it.each(cases)('$id $title', async (one) => {
    expect(await play(one, defaults)).toBe(one.expect.status)
  })
})

describe('the validation handshake', () => {
  const { default_config: defaults, cases } = read('webhook-handshake')

  // A callback is never called, so that there is no setting for it.
  const webhookOf = (config: Case['config']): object => {
    const { allow_callback: _, ...webhook } = {
      ...(config?.['webhook'] as Record<string, unknown> | undefined),
    }
    return webhook
  }
  it.each(cases)('$id $title', async (one) => {
    const webhook = { ...webhookOf(defaults), ...webhookOf(one.config) }
    expect(await play({ ...one, config: { webhook } }, {})).toBe(one.expect.status)
  })
})
