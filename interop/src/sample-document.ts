import { tracesArbitrary } from '@spanloom/core/testing/arbitraries'
import { parseOtlpJson, Traces } from '@spanloom/core/traces'
import { sample } from 'fast-check'

const traceId = '5b8efff798038103d269b633813fc60c'
const parentSpanId = 'eee19b7ec3c1b173'

/** Attributes of every type that there is, in the spelling of OTLP JSON. */
const attributes = [
  { key: 'text', value: { stringValue: 'Zürich → 東京 🚀 "quoted" \\ \t\n\u0001\u007f\u2028<&>' } },
  { key: 'no text', value: { stringValue: '' } },
  { key: 'yes', value: { boolValue: true } },
  { key: 'no', value: { boolValue: false } },
  { key: 'int', value: { intValue: '42' } },
  { key: 'zero', value: { intValue: '0' } },
  { key: 'largest int', value: { intValue: '9223372036854775807' } },
  { key: 'smallest int', value: { intValue: '-9223372036854775808' } },
  { key: 'double', value: { doubleValue: 0.1 } },
  { key: 'whole double', value: { doubleValue: 5 } },
  { key: 'tiny double', value: { doubleValue: 5e-324 } },
  { key: 'huge double', value: { doubleValue: 1.7976931348623157e308 } },
  { key: 'bytes', value: { bytesValue: 'AAEC/v8=' } },
  {
    key: 'list',
    value: { arrayValue: { values: [{ stringValue: 'a' }, { intValue: '1' }, { doubleValue: 1.5 }] } },
  },
  {
    key: 'map',
    value: {
      kvlistValue: {
        values: [
          {
            key: 'deep',
            value: { arrayValue: { values: [{ kvlistValue: { values: [{ key: 'k', value: {} }] } }] } },
          },
          { key: 'flag', value: { boolValue: true } },
        ],
      },
    },
  },
  { key: 'clé 键 🔑', value: { stringValue: 'unicode key' } },
  { key: '__proto__', value: { stringValue: 'a key like any other' } },
]

/** A document of OTLP JSON, written by hand, in which every field of the traces signal is set at least once. */
export const everyField = {
  resourceSpans: [
    {
      resource: {
        attributes: [{ key: 'service.name', value: { stringValue: 'every-field' } }, ...attributes],
        droppedAttributesCount: 3,
      },
      scopeSpans: [
        {
          scope: {
            name: 'by-hand',
            version: '1.2.3',
            attributes: [{ key: 'scope', value: { boolValue: true } }],
            droppedAttributesCount: 4,
          },
          spans: [
            {
              traceId,
              spanId: 'eee19b7ec3c1b174',
              traceState: 'vendor=00f067aa0ba902b7,other=t61rcWkgMzE',
              parentSpanId,
              flags: 769,
              name: 'GET /orders/{id}',
              kind: 3,
              startTimeUnixNano: '1767225600000000001',
              endTimeUnixNano: '1767225600123456789',
              attributes,
              droppedAttributesCount: 5,
              events: [
                {
                  timeUnixNano: '1767225600000000002',
                  name: 'exception',
                  attributes,
                  droppedAttributesCount: 6,
                },
                { timeUnixNano: '1767225600000000003', name: 'second' },
              ],
              droppedEventsCount: 7,
              links: [
                {
                  traceId: '0af7651916cd43dd8448eb211c80319c',
                  spanId: 'b7ad6b7169203331',
                  traceState: 'link=1',
                  attributes,
                  droppedAttributesCount: 8,
                  flags: 257,
                },
                { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203332' },
              ],
              droppedLinksCount: 4294967295,
              status: { message: 'It broke: “ü”.', code: 2 },
            },
          ],
          schemaUrl: 'https://opentelemetry.io/schemas/1.37.0',
        },
        {
          scope: { name: 'kinds' },
          spans: [1, 2, 3, 4, 5].map((kind) => ({
            traceId,
            spanId: `eee19b7ec3c1b1a${kind}`,
            name: `kind ${kind}`,
            kind,
            startTimeUnixNano: '1',
            endTimeUnixNano: '18446744073709551615',
            status: { code: (kind % 2) + 1 },
          })),
        },
      ],
      schemaUrl: 'https://opentelemetry.io/schemas/1.36.0',
    },
    {
      resource: {},
      scopeSpans: [
        {
          scope: {},
          spans: [
            {
              traceId,
              spanId: parentSpanId,
              name: 'a fragment',
              startTimeUnixNano: '1767225600000000000',
              status: {},
            },
            {
              traceId,
              spanId: parentSpanId,
              name: 'its end',
              endTimeUnixNano: '1767225601000000000',
              status: {},
            },
          ],
        },
      ],
    },
  ],
} as const

/** The spans of {@link everyField}. */
export const everyFieldTraces: Traces = parseOtlpJson(JSON.stringify(everyField))

/** Many odd spans; equal seeds give equal spans. */
export function oddTraces(seed: number, batches = 20): Traces {
  return Traces.concat(sample(tracesArbitrary({ maxLength: 10 }), { seed, numRuns: batches }))
}
