import * as fc from 'fast-check'

import {
  type Attributes,
  type AttributeValue,
  double,
  Resource,
  Scope,
  type Span,
  span,
  type SpanEventInit,
  type SpanInit,
  type SpanLinkInit,
  Traces,
} from '../traces/index.ts'

/** Any span: all fields, all types of attributes, also complete fragments and odd texts. */
export function spanArbitrary(): fc.Arbitrary<Span> {
  return spanInitArbitrary().map(span)
}

/** Any batch of up to `maxLength` spans of a few resources and scopes, in one or several chunks. */
export function tracesArbitrary({
  maxLength = 8,
}: { readonly maxLength?: number } = {}): fc.Arbitrary<Traces> {
  const batch = fc.array(spanArbitrary(), { maxLength }).map((spans) => Traces.of(spans))
  const joined = fc.tuple(batch, batch).map((batches) => Traces.concat(batches))
  return fc.oneof({ weight: 4, arbitrary: batch }, { weight: 1, arbitrary: joined })
}

/** What {@link spanArbitrary} makes its spans of. */
export function spanInitArbitrary(): fc.Arbitrary<SpanInit> {
  return fc.record(
    {
      traceId: idArbitrary(16),
      spanId: idArbitrary(8),
      parentSpanId: fc.oneof(fc.constant(''), idArbitrary(8)),
      traceState: fc.oneof(fc.constant(''), fc.constant('vendor=1,other=x')),
      flags: uint32(),
      name: textArbitrary(),
      kind: fc.constantFrom('UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'),
      startTime: timeArbitrary(),
      endTime: timeArbitrary(),
      attributes: attributesArbitrary(),
      events: fc.array(eventArbitrary(), { maxLength: 3 }),
      links: fc.array(linkArbitrary(), { maxLength: 3 }),
      status: fc.record({ code: fc.constantFrom('UNSET', 'OK', 'ERROR'), message: textArbitrary() }),
      droppedAttributesCount: uint32(),
      droppedEventsCount: uint32(),
      droppedLinksCount: uint32(),
      resource: fc.constantFrom(...resources),
      scope: fc.constantFrom(...scopes),
    },
    { requiredKeys: ['traceId', 'spanId', 'name'] },
  )
}

/** Attributes with values of every type, also nested ones, and with keys that objects treat specially. */
export function attributesArbitrary(): fc.Arbitrary<Attributes> {
  const value = attributeValueArbitrary()
  const key = fc.oneof(
    fc.constantFrom('http.route', 'service.name', '__proto__', 'constructor', '', '7', 'x'.repeat(130)),
    fc.string({ maxLength: 12 }),
    fc.string({ unit: 'binary', maxLength: 4 }),
  )
  return fc.dictionary(key, value, { maxKeys: 6, noNullPrototype: false })
}

/** A value of an attribute, equal to what is read when it has been written. */
export function attributeValueArbitrary(): fc.Arbitrary<AttributeValue> {
  return fc.letrec<{ value: AttributeValue; leaf: AttributeValue }>((tie) => ({
    leaf: fc.oneof(
      textArbitrary(),
      fc.boolean(),
      fc.maxSafeInteger(),
      fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
      fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
      fc.double({ noInteger: true }),
      fc.constantFrom(-0, Number.NaN, Infinity, 1e300, double(0), double(-17), double(2 ** 40)),
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
      fc.constant(null),
    ),
    value: fc.oneof(
      { maxDepth: 3 },
      { weight: 6, arbitrary: tie('leaf') },
      { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 3 }) },
      { weight: 1, arbitrary: fc.dictionary(fc.string({ maxLength: 5 }), tie('value'), { maxKeys: 3 }) },
    ),
  })).value
}

function idArbitrary(bytes: number): fc.Arbitrary<string> {
  return fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .filter((id) => id.some((byte) => byte !== 0))
    .map((id) => Buffer.from(id).toString('hex'))
}

function textArbitrary(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'grapheme-ascii', minLength: 100, maxLength: 300 }),
    fc.constantFrom('', 'ü'.repeat(64), 'a'.repeat(127), 'a'.repeat(128), '€'.repeat(42)),
  )
}

function timeArbitrary(): fc.Arbitrary<bigint> {
  return fc.oneof(
    fc.constant(0n),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.constant(1_767_225_600_000_000_000n),
  )
}

function uint32(): fc.Arbitrary<number> {
  return fc.oneof(fc.constant(0), fc.constant(1), fc.integer({ min: 0, max: 0xffff_ffff }))
}

function eventArbitrary(): fc.Arbitrary<SpanEventInit> {
  return fc.record(
    {
      time: timeArbitrary(),
      name: textArbitrary(),
      attributes: attributesArbitrary(),
      droppedAttributesCount: uint32(),
    },
    { requiredKeys: ['time', 'name'] },
  )
}

function linkArbitrary(): fc.Arbitrary<SpanLinkInit> {
  return fc.record(
    {
      traceId: idArbitrary(16),
      spanId: idArbitrary(8),
      traceState: fc.constantFrom('', 'vendor=1'),
      flags: uint32(),
      attributes: attributesArbitrary(),
      droppedAttributesCount: uint32(),
    },
    { requiredKeys: ['traceId', 'spanId'] },
  )
}

const resources = [
  Resource.empty,
  Resource.of({ 'service.name': 'shop' }),
  Resource.of({ 'service.name': 'shop' }),
  Resource.of(
    { 'service.name': 'store', 'service.instance.id': 3 },
    { schemaUrl: 'https://example.org/schema' },
  ),
]

const scopes = [
  Scope.empty,
  Scope.of({ name: 'tests', version: '1.0.0', attributes: { suite: true } }),
  Scope.of({ name: 'tests', version: '1.0.0', attributes: { suite: true } }),
  Scope.of({ name: 'others', schemaUrl: 'https://example.org/schema' }),
]
