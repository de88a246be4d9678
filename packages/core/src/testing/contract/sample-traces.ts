import { createHash } from 'node:crypto'

import { Resource } from '../../traces/resource.ts'
import { Scope } from '../../traces/scope.ts'
import { span } from '../../traces/span.ts'
import { Traces } from '../../traces/traces.ts'

/** The span that every marked span links to. */
export const linkMark: { readonly traceId: string; readonly spanId: string } = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
}

/** A resource attribute that marked spans carry. */
export const resourceMark = 'contract.mark'

/** Field 1999, which no version of the protocol has, with the text `kept`. */
export const unknownField: Buffer = Buffer.from('fa7c046b657074', 'hex')

const startTime = 1_767_225_600_000_000_000n
const kinds = ['SERVER', 'CLIENT', 'INTERNAL', 'PRODUCER', 'CONSUMER'] as const

/**
 * Complete spans of `batches` traces, one trace for each batch: a parent and its child from two services,
 * with attributes, events and a failed child in every second trace. Equal arguments give equal bytes.
 */
export function sampleTraces(batches = 3, offset = 0): readonly Traces[] {
  return Array.from({ length: batches }, (_, index) => sampleBatch(index + offset))
}

function sampleBatch(index: number): Traces {
  const traceId = id(`trace ${index}`, 32)
  const parentSpanId = id(`parent ${index}`, 16)
  const start = startTime + BigInt(index) * 1_000_000_000n
  const scope = Scope.of({ name: 'contract', version: '1.0.0' })
  const kind = kinds[index % kinds.length] ?? 'INTERNAL'
  return Traces.of([
    span({
      traceId,
      spanId: parentSpanId,
      name: 'GET /orders/{id}',
      kind,
      startTime: start,
      endTime: start + 40_000_000n,
      attributes: { 'http.request.method': 'GET', 'http.response.status_code': 200, attempt: index },
      resource: Resource.of({ 'service.name': 'shop', 'service.version': '1.2.3' }),
      scope,
    }),
    span({
      traceId,
      spanId: id(`child ${index}`, 16),
      parentSpanId,
      name: 'SELECT orders',
      kind: 'CLIENT',
      startTime: start + 5_000_000n,
      endTime: start + 25_000_000n,
      attributes: { 'db.system.name': 'postgresql', 'db.response.rows': [1, 2], cached: false },
      events: [{ time: start + 6_000_000n, name: 'connected', attributes: { pooled: true } }],
      ...(index % 2 === 0 ? {} : { status: { code: 'ERROR', message: 'Too slow.' } as const }),
      resource: Resource.of({ 'service.name': 'orders' }),
      scope,
    }),
  ])
}

/**
 * Gives every span a link and a resource attribute, and adds an unknown field to span, resource and scope:
 * what a stage must not lose of spans that it has no reason to touch.
 */
export function marked(traces: Traces): Traces {
  const parts = [...traces.spans()].map((plain) => {
    const { bytes, resource, scope } = plain.with({
      addLinks: [linkMark],
      resource: plain.resource.with({ attributes: { [resourceMark]: 'kept' } }),
    })
    const scopeSpans = [message(0x0a, scope.bytes, unknownField), message(0x12, bytes, unknownField)]
    const resourceSpans = [message(0x0a, resource.bytes, unknownField), message(0x12, ...scopeSpans)]
    return message(0x0a, ...resourceSpans)
  })
  return Traces.fromProtobuf(Buffer.concat(parts))
}

/** A field that holds a message: its tag, its length in base 128, its content. */
function message(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  const head = [tag]
  for (let length = body.length; ; length >>>= 7) {
    if (length < 0x80) return Buffer.concat([Buffer.of(...head, length), body])
    head.push((length & 0x7f) | 0x80)
  }
}

/** Ids are spread evenly, as samplers expect them. */
const id = (of: string, digits: number): string =>
  createHash('sha256').update(of).digest('hex').slice(0, digits)
