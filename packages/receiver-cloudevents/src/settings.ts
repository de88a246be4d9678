import {
  type ConfigOf,
  type httpClientSettings,
  type httpServerSettings,
  type httpSourceSettings,
  keptInputSettings,
} from '@spanloom/core'
import type { HubConsumerConfig } from '@spanloom/eventhubs'

/** Settings of the HTTP side beside those of every HTTP server and source. */
export const httpIntakeSettings = {
  max_body_size: {
    type: 'integer',
    minimum: 1,
    default: 1_048_576,
    description:
      'Bytes of a request body, before and after decompression; a larger one is answered with 413.',
  },
  max_batch_events: {
    type: 'integer',
    minimum: 1,
    default: 1000,
    description: 'Events of a batch; a longer one is answered with 413.',
  },
  max_header_size: {
    type: 'integer',
    minimum: 16_384,
    default: 131_072,
    description: 'Bytes of the request headers, which hold the attributes of events in binary mode.',
  },
} as const

/** Settings of reading from a hub beside those of every hub consumer. */
export const hubIntakeSettings = {
  dead_letters: keptInputSettings as typeof keptInputSettings,
} as const

/** Settings of forwarding beside those of every HTTP client. */
export const relaySettings = {
  url: { type: 'string', format: 'url', description: 'URL of the consumer.' },
  timeout: {
    type: 'string',
    format: 'duration',
    default: '10s',
    minimumMs: 1,
    description: 'Time for the answer of the consumer; then the sender gets 504.',
  },
} as const

/** Settings of what becomes of events (`cloudevents.md` section 9.1). */
export const eventSettings = {
  mode: {
    type: 'string',
    enum: ['sink', 'relay'],
    default: 'sink',
    description: '`sink`: events end here and become spans. `relay`: they are also forwarded to a consumer.',
  },
  conventions: {
    type: 'string',
    enum: ['cloudevents', 'messaging'],
    default: 'cloudevents',
    description:
      '`cloudevents`: spans `CloudEvents Create <type>` and `CloudEvents Process <type>`. `messaging`: the names and attributes of the messaging conventions of today.',
  },
  messaging_destination: {
    type: 'string',
    minLength: 1,
    description:
      'Destination that `conventions: messaging` names. Default: the event hub; nothing over HTTP.',
  },
  validation: {
    type: 'string',
    enum: ['lenient', 'strict'],
    default: 'lenient',
    description:
      '`strict` refuses whatever the specification forbids, `lenient` only what makes an event useless or ambiguous.',
  },
  create_span: {
    type: 'string',
    enum: ['when_relaying', 'always', 'never'],
    default: 'when_relaying',
    description:
      'Whether an event without distributed tracing extension gets a span that stands for its creation. A relay writes the extension, too.',
  },
  process_span: {
    type: 'boolean',
    default: false,
    description:
      'Whether `mode: relay` makes Process spans; an intermediary usually does not process events.',
  },
  process_parent: {
    type: 'string',
    enum: ['ambient', 'event_context'],
    default: 'ambient',
    description:
      'Parent of a Process span: the context that the transport brought, or the one of the event, with links to both.',
  },
  traceparent_aliases: {
    type: 'array',
    items: { type: 'string', pattern: '^[a-z0-9]+$' },
    commaSeparated: true,
    default: [],
    description:
      'Attributes that hold a traceparent where `traceparent` is not set, such as `traceid` of Dapr.',
  },
  extra_attributes: {
    type: 'array',
    items: { type: 'string', pattern: '^[a-z0-9]+$' },
    commaSeparated: true,
    default: [],
    description:
      'Further attributes of events that spans get, as `spanloom.ce.<name>`; `correlationid` becomes `messaging.message.conversation_id`.',
  },
  span_times: {
    type: 'string',
    enum: ['receipt', 'event_time'],
    default: 'receipt',
    description:
      'Time of a Create span: the receipt of the event, or its attribute `time` if that lies at most 24 h before and 5 min after it.',
  },
  sampling_ratio: {
    type: 'number',
    minimum: 0,
    maximum: 1,
    default: 1,
    description: 'Share of the traces which begin here that are recorded; the trace id decides.',
  },
  random_flag: {
    type: 'boolean',
    default: false,
    description: 'Sets the random flag of level 2 in contexts of new traces; some old parsers refuse it.',
  },
  service_name: {
    type: 'string',
    minLength: 1,
    default: 'cloudevents',
    description: '`service.name` of the spans.',
  },
  on_invalid: {
    type: 'string',
    enum: ['skip', 'reject'],
    default: 'skip',
    description: 'Whether one invalid event of a batch is left out and reported, or the whole batch refused.',
  },
  webhook: {
    type: 'object',
    description: 'The validation handshake of CloudEvents webhooks, which Azure Event Grid asks for.',
    properties: {
      allowed_origins: {
        type: 'array',
        items: { type: 'string', minLength: 1 },
        commaSeparated: true,
        default: [],
        description:
          'Senders that may ask for consent in a validation handshake, as DNS names; `*` for any. Without one there is no handshake.',
      },
      allowed_rate: {
        anyOf: [
          { type: 'integer', minimum: 1 },
          { type: 'string', enum: ['*'] },
        ],
        default: 120,
        description: 'Requests in a minute that a handshake grants at most; `*` for any.',
      },
      require_handshake: {
        type: 'boolean',
        default: false,
        description: 'Takes events only of senders that name an allowed origin in `WebHook-Request-Origin`.',
      },
    },
    additionalProperties: false,
  },
  auth: {
    type: 'object',
    section: 'bare',
    description: 'Tokens of which a sender must show one.',
    properties: {
      bearer: {
        type: 'array',
        items: { type: 'string', minLength: 1, secret: true },
        minItems: 1,
        description: 'Tokens that are taken in `Authorization: Bearer`.',
      },
      allow_query_token: {
        type: 'boolean',
        default: false,
        description:
          'Takes a token in the query parameter `access_token`, too. It may end up in logs of others.',
      },
    },
    required: ['bearer'],
    additionalProperties: false,
  },
} as const

/** Parsed settings of the HTTP side. */
export type HttpIntakeConfig = ConfigOf<{
  readonly type: 'object'
  readonly properties: typeof httpServerSettings & typeof httpSourceSettings & typeof httpIntakeSettings
}>

/** Parsed settings of reading from a hub. */
export type HubIntakeConfig = HubConsumerConfig &
  ConfigOf<{ readonly type: 'object'; readonly properties: typeof hubIntakeSettings }>

/** Parsed settings of forwarding. */
export type RelayConfig = ConfigOf<{
  readonly type: 'object'
  readonly properties: typeof httpClientSettings & typeof relaySettings
  readonly required: readonly ['url']
}>

/** Parsed settings of the receiver. */
export type CloudEventsConfig = ConfigOf<{
  readonly type: 'object'
  readonly properties: typeof eventSettings
}> & {
  readonly http?: HttpIntakeConfig | undefined
  readonly event_hub?: HubIntakeConfig | undefined
  readonly relay?: RelayConfig | undefined
}
