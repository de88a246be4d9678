import type { Span } from '@spanloom/core'
import { expect } from 'vitest'

import type { Bindings } from './bindings.ts'
import { epoch, until } from './rig.ts'
import type { Expectation, SpanExpectation } from './scenario.ts'
import type { Scene } from './scene.ts'

/** Checks what must be true when a scenario is over. */
export async function checkEnd(scene: Scene, wanted: Expectation, bindings: Bindings): Promise<void> {
  const { rig, local, upstream, peer } = scene
  const { spans = [] } = wanted
  await until(
    () => spans.every((span) => find(rig.sink.spans, span) !== undefined),
    `${JSON.stringify(spans.map(({ name, start_ms }) => [name, start_ms]))} in ${JSON.stringify(rig.sink.spans.map(({ name, startTimeUnixNano }) => [name, Number(startTimeUnixNano / 1_000_000n) - epoch]))}`,
  )
  for (const span of spans) checkSpan(find(rig.sink.spans, span), span, bindings)
  if (wanted.spans !== undefined && wanted.span_set !== 'subset')
    expect(rig.sink.spans).toHaveLength(spans.length)
  for (const [name, count] of Object.entries(wanted.metrics ?? {})) checkMetric(scene, name, count)
  if (wanted.pending !== undefined)
    expect(rig.counts.gauge('otelcol_receiver_websocket_commands_open')).toBe(wanted.pending)
  if (wanted.local_requests !== undefined) expect(local.requests).toHaveLength(wanted.local_requests)
  if (wanted.callbacks !== undefined) expect(upstream.requests).toHaveLength(wanted.callbacks)
  if (wanted.connects !== undefined) expect(peer.handshakes).toHaveLength(wanted.connects)
  for (const [id, ms] of Object.entries(wanted.queue_ms ?? {})) {
    const span = rig.sink.spans.find((each) => each.attribute('messaging.message.conversation_id') === id)
    expect(span?.attribute('spanloom.queue_ms')).toBe(ms)
  }
  for (const { traceId, spanId } of rig.sink.spans) expect(`${traceId}${spanId}`).toMatch(/^[0-9a-f]{48}$/)
  expect(new Set(rig.sink.spans.map(({ spanId }) => spanId)).size).toBe(rig.sink.spanCount)
}

const find = (spans: readonly Span[], { name, start_ms }: SpanExpectation): Span | undefined =>
  spans.find((span) => span.name === name && span.startTimeUnixNano === nanos(start_ms))

const nanos = (ms: number): bigint => BigInt(epoch + ms) * 1_000_000n

function checkSpan(span: Span | undefined, wanted: SpanExpectation, bindings: Bindings): void {
  if (span === undefined) throw new Error(`There is no span ${wanted.name}.`)
  const faults = [
    bindings.fault(wanted.trace_id, span.traceId),
    bindings.fault(`$span:${wanted.ref}`, span.spanId),
    bindings.fault(wanted.parent_span_id ?? '', span.parentSpanId),
    ...(wanted.links ?? []).flatMap(({ trace_id, span_id }, index) => [
      bindings.fault(trace_id, span.links[index]?.traceId),
      bindings.fault(span_id, span.links[index]?.spanId),
    ]),
  ]
  expect(faults.filter((fault) => fault !== undefined)).toEqual([])
  expect({
    kind: span.kind,
    status: span.status.code,
    start: span.startTimeUnixNano,
    end: span.endTimeUnixNano,
    links: span.links.map(({ attributes }) => attributes),
    attributes: span.attributes,
  }).toMatchObject({
    kind: wanted.kind,
    status: wanted.status,
    start: nanos(wanted.start_ms),
    end: nanos(wanted.end_ms),
    links: (wanted.links ?? []).map(({ attributes }) => attributes),
    attributes: wanted.attributes,
  })
  if (span.kind !== 'CONSUMER') return
  const messaging = Object.keys(span.attributes).filter((name) => name.startsWith('messaging.'))
  expect(messaging.toSorted()).toEqual(
    Object.keys(wanted.attributes)
      .filter((name) => name.startsWith('messaging.'))
      .toSorted(),
  )
  const remote = wanted.parent_span_id !== null
  expect(span.flags & 0x300).toBe(remote ? 0x300 : 0x100)
}

function checkMetric({ rig }: Scene, name: string, count: number): void {
  const [, metric = '', labels = ''] = /^([\w.]+)(?:\{(.*)\})?$/.exec(name) ?? []
  const wanted = labels === '' ? {} : Object.fromEntries(labels.split(',').map((label) => label.split('=')))
  expect(rig.counts.count(`otelcol_receiver_${metric.replaceAll('.', '_')}`, wanted)).toBe(count)
}
