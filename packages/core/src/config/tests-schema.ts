import type { ConfigOf } from '../schema/schema.ts'

/** One payload of a test. */
const inputSchema = {
  type: 'object',
  properties: {
    receiver: {
      type: 'string',
      reference: 'receiver',
      description: 'Id of the receiver; needed where pipelines have several.',
    },
    transport: {
      type: 'string',
      description:
        'How it comes, such as `http`, `event_hub`, `file` or `websocket`; default: the usual way.',
    },
    method: { type: 'string', description: 'Method of the HTTP request; default: POST.' },
    path: {
      type: 'string',
      description: 'Path of the HTTP request, with query; default: that of the settings.',
    },
    headers: {
      type: 'object',
      additionalProperties: { type: 'string' },
      description: 'Headers of the request, or properties of the message.',
    },
    at: {
      type: 'string',
      description: 'When it comes: a time as in RFC 3339, or a duration after the start; default: at once.',
    },
    sign: {
      type: 'boolean',
      default: true,
      description: 'Proves the sender as the settings ask for: signatures, tokens, required headers.',
    },
    file: { type: 'string', format: 'path', description: 'File with the payload, relative to this one.' },
    body: { any: true, description: 'The payload itself: text as it is, anything else as JSON.' },
  },
  additionalProperties: false,
} as const

const answerSchema = {
  type: 'object',
  properties: {
    url: { type: 'string', description: 'Beginning of the URLs that are answered so.' },
    status: { type: 'integer', minimum: 100, maximum: 599, default: 200 },
    headers: { type: 'object', additionalProperties: { type: 'string' } },
    body: { type: 'string', description: 'Body of the answer.' },
  },
  required: ['url'],
  additionalProperties: false,
} as const

/** What is to be true of one span; what is left out may be anything. */
const spanSchema = {
  type: 'object',
  properties: {
    name: { type: 'string', description: 'Name of the span.' },
    exporter: { type: 'string', reference: 'exporter', description: 'Id of the exporter that gets it.' },
    kind: {
      type: 'string',
      enum: ['INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER', 'UNSPECIFIED'],
      ignoreCase: true,
    },
    trace_id: { type: 'string', description: 'Trace id in hex.' },
    span_id: { type: 'string', description: 'Span id in hex.' },
    parent: { type: 'string', description: 'Name of the parent among the spans; empty: there is none.' },
    parent_span_id: { type: 'string', description: 'Span id of the parent in hex; empty: there is none.' },
    start: { type: 'string', description: 'Start time as in RFC 3339.' },
    end: { type: 'string', description: 'End time as in RFC 3339.' },
    duration: { type: 'string', format: 'duration', description: 'Time from start to end.' },
    status: { type: 'string', enum: ['UNSET', 'OK', 'ERROR'], ignoreCase: true },
    status_message: { type: 'string', description: 'Message of the status.' },
    attributes: {
      type: 'object',
      additionalProperties: { any: true },
      description: 'Attributes; others may be there, too. Null: it is absent.',
    },
    resource: {
      type: 'object',
      additionalProperties: { any: true },
      description: 'Attributes of the resource. Null: it is absent.',
    },
    events: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: { type: 'string', description: 'Name.' },
          time: { type: 'string', description: 'Time as in RFC 3339.' },
          attributes: { type: 'object', additionalProperties: { any: true } },
        },
        additionalProperties: false,
      },
      description: 'Span events, in order; others may be between them.',
    },
    links: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          trace_id: { type: 'string', description: 'Trace id.' },
          span_id: { type: 'string', description: 'Span id.' },
          attributes: { type: 'object', additionalProperties: { any: true } },
        },
        additionalProperties: false,
      },
      description: 'Links, in order; others may be between them.',
    },
    exact: {
      type: 'boolean',
      default: false,
      description: 'Attributes, events and links are these and no others.',
    },
    waiting: {
      type: 'boolean',
      default: false,
      description: 'The span still waits for something when the time of the test is over.',
    },
    count: { type: 'integer', minimum: 0, default: 1, description: 'How many such spans there are.' },
  },
  additionalProperties: false,
} as const

/** The section `tests`: payloads, and the spans that must come of them. */
export const testsSchema = {
  type: 'array',
  default: [],
  description:
    'Payloads and the spans that must come of them, for `spanloom test`. A running collector ignores them.',
  items: {
    type: 'object',
    properties: {
      name: { type: 'string', minLength: 1, description: 'What the test shows.' },
      time: {
        type: 'string',
        default: '2026-01-01T00:00:00Z',
        description: 'When the first payload comes, as in RFC 3339.',
      },
      advance: {
        type: 'string',
        format: 'duration',
        minimumMs: 0,
        default: '1m',
        description: 'How long the time goes on after the last payload.',
      },
      input: {
        type: 'array',
        items: inputSchema as typeof inputSchema,
        minItems: 1,
        description: 'The payloads, in order.',
      },
      answers: {
        type: 'array',
        items: answerSchema as typeof answerSchema,
        default: [],
        description: 'How others answer requests of the pipeline; default: 200.',
      },
      expect: {
        type: 'object',
        properties: {
          spans: {
            type: 'array',
            items: spanSchema as typeof spanSchema,
            default: [],
            description: 'Spans that are sent.',
          },
          exact: { type: 'boolean', default: false, description: 'No other spans are sent.' },
          answers: {
            type: 'array',
            items: {
              type: 'object',
              properties: {
                status: { type: 'integer', description: 'Status of the HTTP answer.' },
                body: { type: 'string', description: 'Text in the body of the answer.' },
              },
              additionalProperties: false,
            },
            default: [],
            description: 'What each payload is answered, in order.',
          },
          drops: {
            type: 'object',
            additionalProperties: { type: 'integer', minimum: 0 },
            description: 'How many spans are dropped, by reason.',
          },
        },
        additionalProperties: false,
      },
    },
    required: ['name', 'input'],
    additionalProperties: false,
  },
} as const

/** The tests of a configuration. */
export type TestsConfig = ConfigOf<typeof testsSchema>
export type TestConfig = TestsConfig[number]
export type TestInput = TestConfig['input'][number]
export type ExpectedSpan = TestConfig['expect']['spans'][number]
