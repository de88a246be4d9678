import { decodeJson, encodeBinary, encodeJson, spanEvent, tracingExtension } from '@spanloom/cloudevents'
import { span } from '@spanloom/core/traces'
import { expect, it } from 'vitest'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const spanId = 'b9c7c989f97918e1'
const finished = span({
  traceId,
  spanId,
  name: 'Überweisung',
  traceState: 'rojo=1',
  startTime: 1_768_471_200_000_000_000n,
  endTime: 1_768_471_201_000_000_123n,
  resource: { 'service.name': 'pay ments' },
})

it('makes an event of a finished span that names the span as its origin', () => {
  const event = decodeJson(Buffer.from(encodeJson(spanEvent(finished))), { validation: 'strict' })
  expect(Object.fromEntries(event.attributes)).toEqual({
    specversion: '1.0',
    id: `${traceId}-${spanId}`,
    source: '/pay%20ments',
    type: 'io.spanloom.span.finished',
    subject: 'Überweisung',
    time: '2026-01-15T10:00:01.000000123Z',
    datacontenttype: 'application/json',
    traceparent: `00-${traceId}-${spanId}-01`,
    tracestate: 'rojo=1',
  })
  expect(tracingExtension(event)).toEqual({
    isPopulated: true,
    context: { traceId, spanId, flags: 1, traceState: 'rojo=1' },
  })
  expect(event.data).toMatchObject({
    kind: 'json',
    value: { resourceSpans: [{ scopeSpans: [{ spans: [{ traceId, spanId }] }] }] },
  })
})

it('writes it in binary mode with its content type and escapes', () => {
  const { headers, body } = encodeBinary(spanEvent(finished, { source: '/s', type: 't', data: { ok: true } }))
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'ce-subject': '%C3%9Cberweisung',
    'ce-source': '/s',
  })
  expect(Buffer.from(body).toString()).toBe('{"ok":true}')
})

it('says that an unsampled span is not sampled, and leaves out what is not known', () => {
  const event = spanEvent(span({ traceId, spanId, name: '', flags: 0x100 }))
  expect(event.attributes.get('traceparent')).toBe(`00-${traceId}-${spanId}-00`)
  expect([...event.attributes.keys()]).not.toContain('time')
  expect(event.source).toBe('/spanloom')
})
