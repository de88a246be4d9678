import { ConfigError, type SpanInit, Traces, span } from '@spanloom/core'
import { createComponent, testTelemetry, TracesSink } from '@spanloom/core/testing'
import { expect, it } from 'vitest'

import { filterProcessor } from './filter.ts'

const context = { signal: new AbortController().signal }
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const make = (name: string, init: Partial<SpanInit> = {}) =>
  span({
    traceId,
    spanId: '00f067aa0ba902b7',
    name,
    startTime: 1_000_000_000n,
    endTime: 1_500_000_000n,
    resource: { 'service.name': 'shop' },
    ...init,
  })

const spans = [
  make('health', { kind: 'SERVER' }),
  make('pay', { status: { code: 'ERROR' }, attributes: { 'http.response.status_code': 500 } }),
  make('slow', { endTime: 9_000_000_000n, attributes: { tier: 'gold' } }),
  make('other', { resource: { 'service.name': 'mail' } }),
]

async function names(config: object): Promise<readonly string[]> {
  const next = new TracesSink()
  const telemetry = testTelemetry()
  const processor = createComponent(filterProcessor, config, { next, telemetry })
  await processor.consumeTraces(Traces.of(spans), context)
  expect(telemetry.dropped.get('filtered') ?? 0).toBe(spans.length - next.spanCount)
  return next.spans.map(({ name }) => name)
}

it.each([
  [{ keep: [{ status: 'ERROR' }, { min_duration: '2s' }] }, ['pay', 'slow']],
  [{ drop: [{ name: 'health', service: ['shop', 'web'] }] }, ['pay', 'slow', 'other']],
  [{ drop: [{ name: 'health', service: 'mail' }] }, ['health', 'pay', 'slow', 'other']],
  [{ keep: [{ attributes: { 'http.response.status_code': [500, 503] } }] }, ['pay']],
  [{ drop: [{ attributes: { tier: null } }] }, ['slow']],
  [{ keep: [{ name_regexp: '^(o|s)' }] }, ['slow', 'other']],
  [{ keep: [{ resource: { 'service.name': 'mail' } }] }, ['other']],
  [{ keep: [{ kind: 'SERVER' }] }, ['health']],
  [{ keep: [{ max_duration: '500ms' }], drop: [{ name: 'health' }] }, ['pay', 'other']],
  [{ spans: { include: { match_type: 'strict', services: ['shop'] } } }, ['health', 'pay', 'slow']],
  [{ spans: { exclude: { match_type: 'regexp', span_names: ['^he', 'w$'] } } }, ['pay', 'other']],
  [
    { spans: { exclude: { match_type: 'strict', attributes: [{ key: 'tier', value: 'gold' }] } } },
    ['health', 'pay', 'other'],
  ],
])('%j leaves %j', async (config, expected) => {
  expect(await names(config)).toEqual(expected)
})

it('sends nothing on when nothing is left', async () => {
  const next = new TracesSink()
  const processor = createComponent(filterProcessor, { keep: [{ name: 'nobody' }] }, { next })

  await processor.consumeTraces(Traces.of(spans), context)

  expect(next.calls).toBe(0)
})

it.each([
  [{}, 'one of "keep", "drop" or "spans" is required'],
  [{ keep: [{}] }, 'a condition needs at least one field'],
  [{ keep: [{ kind: 'server' }] }, '"server" is no span kind'],
  [{ keep: [{ status: 'STATUS_CODE_ERROR' }] }, 'is no status code'],
  [{ keep: [{ name_regexp: '(' }] }, 'invalid regular expression'],
  [{ traces: { span: ['name == "x"'] } }, 'OTTL conditions are not supported'],
])('refuses %j', (config, message) => {
  const create = (): unknown => createComponent(filterProcessor, config)
  expect(create).toThrow(ConfigError)
  expect(create).toThrow(message)
})
