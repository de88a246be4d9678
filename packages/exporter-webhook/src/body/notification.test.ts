import { decodeJson } from '@spanloom/cloudevents'
import { double, parseOtlpJson, type Span, span } from '@spanloom/core'
import { describe, expect, it } from 'vitest'

import { makeNotification, type NotificationForm } from './notification.ts'
import { unknownPlaceholders } from './template.ts'

const type = 'project:one-off-job:pipeline-run:failed'

const failedRun: Span = span({
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  parentSpanId: '7b9a3d3c4e2f1a90',
  name: 'pipeline run',
  startTime: 1_719_849_600_000_000_000n,
  endTime: 1_719_849_601_500_250_000n,
  status: { code: 'ERROR', message: type },
  attributes: {
    'orchest.event.type': type,
    'orchest.event.uuid': 'e-1',
    'orchest.outcome': 'failed',
    'orchest.project.uuid': 'P',
    'orchest.project.name': 'churn Ł',
    'orchest.job.uuid': 'J',
    'orchest.job.name': 'nightly',
    'orchest.pipeline_run.uuid': 'R',
    'orchest.pipeline_run.number': 3,
    'orchest.pipeline_run.failed_steps': ['s1', 's2'],
  },
  resource: { 'service.name': 'orchest' },
})

const form: NotificationForm = {
  format: 'standard',
  body: 'thin',
  maxBodySize: 20_000,
  deliveredFor: { name: 'oncall', uuid: 'u', verifySsl: true },
}

const textOf = (of: Span, eventType: string, more: Partial<NotificationForm> = {}): string =>
  Buffer.from(makeNotification(of, eventType, { ...form, ...more }).body).toString()

describe('standard', () => {
  it('is thin: what identifies the span, nothing that somebody typed in', () => {
    expect(JSON.parse(textOf(failedRun, type))).toEqual({
      type: 'project.one_off_job.pipeline_run.failed',
      timestamp: '2024-07-01T16:00:01.50025Z',
      data: {
        trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
        span_id: '00f067aa0ba902b7',
        parent_span_id: '7b9a3d3c4e2f1a90',
        name: 'pipeline run',
        status: 'error',
        status_message: type,
        start_time: '2024-07-01T16:00:00Z',
        end_time: '2024-07-01T16:00:01.50025Z',
        duration_ms: 1500.25,
        event_id: 'e-1',
        outcome: 'failed',
        project_uuid: 'P',
        job_uuid: 'J',
        pipeline_run_uuid: 'R',
      },
    })
  })

  it('is full: the span as OTLP JSON', () => {
    const { data } = JSON.parse(textOf(failedRun, type, { body: 'full' })) as { data: unknown }
    const [again] = parseOtlpJson(JSON.stringify(data)).spans()
    expect(again?.bytes).toEqual(failedRun.bytes)
  })

  it('is a template that takes any value of an attribute', () => {
    const attributes = {
      map: { big: 2n ** 60n, value: 5, list: [double(1), 2n ** 60n] },
      bytes: Uint8Array.of(1),
    }
    const odd = span({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), name: 'odd', attributes })
    const template = { map: '{{attributes.map}}', text: 'x {{attributes.map}}' }
    const big = String(2n ** 60n)
    const map = { big, value: 5, list: [1, big] }
    expect(JSON.parse(textOf(odd, type, { body: 'template', template }))).toEqual({
      map,
      text: `x ${JSON.stringify(map)}`,
    })
  })

  it('is a template: what the user wants, types kept', () => {
    const template = {
      text: 'Run {{attributes.orchest.pipeline_run.number}} of {{ attributes.orchest.job.name }} failed',
      run: '{{attributes.orchest.pipeline_run.number}}',
      steps: ['{{attributes.orchest.pipeline_run.failed_steps}}', '{{type}}', '{{resource.service.name}}'],
      missing: '{{attributes.none}}',
      plain: [1, true, null],
    }
    expect(JSON.parse(textOf(failedRun, type, { body: 'template', template }))).toEqual({
      text: 'Run 3 of nightly failed',
      run: 3,
      steps: [['s1', 's2'], type, 'orchest'],
      missing: '',
      plain: [1, true, null],
    })
  })

  it('never fills what was filled in', () => {
    const hostile = failedRun.with({ name: '{{trace_id}}' })
    expect(textOf(hostile, type, { body: 'template', template: { text: 'x {{name}}' } })).toBe(
      '{"text":"x {{trace_id}}"}',
    )
  })

  it('is cut when it would be too large', () => {
    const large = failedRun.with({
      name: 'x'.repeat(30_000),
      attributes: { 'orchest.outcome': 'y'.repeat(30_000) },
    })
    for (const body of ['thin', 'full'] as const) {
      const text = textOf(large, 'z'.repeat(30_000), { body })
      expect(Buffer.byteLength(text)).toBeLessThan(2_000)
      expect(JSON.parse(text)).toMatchObject({ data: { truncated: true, name: 'x'.repeat(200) } })
    }
  })
})

it('cloudevents: is an event with the type and the context of the span', () => {
  const { body, contentType } = makeNotification(failedRun, type, { ...form, format: 'cloudevents' })
  expect(contentType).toBe('application/cloudevents+json')
  const { attributes } = decodeJson(body)
  expect(Object.fromEntries(attributes)).toMatchObject({
    type,
    source: '/orchest',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  })
})

it("orchest: is what Orchest's own sender would write", () => {
  const text = textOf(failedRun, type, { format: 'orchest' })
  expect(text).toContain('{"delivered_for": {"name": "oncall", "verify_ssl": true, ')
  expect(text).toContain(String.raw`"name": "churn \u0141"`)
  expect(JSON.parse(text)).toMatchObject({
    event: {
      type,
      uuid: 'e-1',
      timestamp: '2024-07-01 16:00:01.500250+00:00',
      project: { uuid: 'P', job: { uuid: 'J', name: 'nightly', pipeline_run: { uuid: 'R', number: 3 } } },
    },
  })
})

it('finds placeholders that mean nothing', () => {
  expect(unknownPlaceholders({ a: '{{name}} {{attributes.x}} {{nam}}', b: ['{{ job }}'] })).toEqual([
    'nam',
    'job',
  ])
})
