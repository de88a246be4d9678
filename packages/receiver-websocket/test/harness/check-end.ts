import assert from 'node:assert/strict'

import type { Span } from '@spanloom/core'

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
    assert.equal(rig.sink.spans.length, spans.length)
  for (const [name, count] of Object.entries(wanted.metrics ?? {})) checkMetric(scene, name, count)
  if (wanted.pending !== undefined)
    assert.equal(rig.counts.gauge('otelcol_receiver_websocket_commands_open'), wanted.pending)
  if (wanted.local_requests !== undefined) assert.equal(local.requests.length, wanted.local_requests)
  if (wanted.callbacks !== undefined) assert.equal(upstream.requests.length, wanted.callbacks)
  if (wanted.connects !== undefined) assert.equal(peer.handshakes.length, wanted.connects)
  for (const [id, ms] of Object.entries(wanted.queue_ms ?? {})) {
    const span = rig.sink.spans.find((each) => each.attribute('messaging.message.conversation_id') === id)
    assert.equal(span?.attribute('spanloom.queue_ms'), ms)
  }
  for (const { traceId, spanId } of rig.sink.spans) assert.match(`${traceId}${spanId}`, /^[0-9a-f]{48}$/)
  assert.equal(new Set(rig.sink.spans.map(({ spanId }) => spanId)).size, rig.sink.spanCount)
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
  assert.deepEqual(
    faults.filter((fault) => fault !== undefined),
    [],
  )
  const { kind, status, startTimeUnixNano: start, endTimeUnixNano: end } = span
  assert.deepEqual(
    { kind, status: status.code, start, end },
    { kind: wanted.kind, status: wanted.status, start: nanos(wanted.start_ms), end: nanos(wanted.end_ms) },
  )
  assert.deepEqual(
    span.links.map(({ attributes }) => ({ ...attributes })),
    (wanted.links ?? []).map(({ attributes }) => attributes),
  )
  assert.partialDeepStrictEqual({ ...span.attributes }, wanted.attributes)
  if (span.kind !== 'CONSUMER') return
  const messaging = Object.keys(span.attributes).filter((name) => name.startsWith('messaging.'))
  const known = Object.keys(wanted.attributes).filter((name) => name.startsWith('messaging.'))
  assert.deepEqual(messaging.toSorted(), known.toSorted())
  const remote = wanted.parent_span_id !== null
  assert.equal(span.flags & 0x300, remote ? 0x300 : 0x100)
}

function checkMetric({ rig }: Scene, name: string, count: number): void {
  const [, metric = '', labels = ''] = /^([\w.]+)(?:\{(.*)\})?$/.exec(name) ?? []
  const wanted = labels === '' ? {} : Object.fromEntries(labels.split(',').map((label) => label.split('=')))
  assert.equal(rig.counts.count(`otelcol_receiver_${metric.replaceAll('.', '_')}`, wanted), count)
}
