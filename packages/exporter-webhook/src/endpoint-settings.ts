import { tlsClientSettings } from '@spanloom/core'

const subscription = {
  type: 'object',
  description: 'What the endpoint wants to hear of; all that is given must fit.',
  properties: {
    event_type: {
      type: 'string',
      minLength: 1,
      description:
        'Event type, such as `project:cron-job:run:failed`. Between colons `*` stands for one segment and `**` for any number.',
    },
    project_uuid: { type: 'string', description: 'Only events of this project.' },
    job_uuid: { type: 'string', description: 'Only events of this job.' },
    status: { type: 'string', enum: ['unset', 'ok', 'error'], description: 'Only spans with this status.' },
    attributes: {
      type: 'object',
      additionalProperties: { anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }] },
      description: 'Only spans with these attributes.',
    },
  },
  required: ['event_type'],
  additionalProperties: false,
} as const

/** Settings of one endpoint (`orchest.md` section 7). */
export const endpointSettings = {
  type: 'object',
  properties: {
    name: {
      type: 'string',
      pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$',
      description: 'Name of the endpoint; what is stored belongs to it.',
    },
    url: { type: 'string', format: 'url', secret: true, description: 'Where deliveries are posted to.' },
    secrets: {
      type: 'array',
      items: { type: 'string', secret: true },
      default: [],
      description:
        'Secrets that deliveries are signed with, the newest first: `whsec_` and base64 as in Standard Webhooks, or any text.',
    },
    subscriptions: {
      type: 'array',
      items: subscription as typeof subscription,
      minItems: 1,
      description: 'At least one must fit.',
    },
    format: {
      type: 'string',
      enum: ['standard', 'cloudevents', 'orchest'],
      default: 'standard',
      description:
        '`standard`: Standard Webhooks. `cloudevents`: structured JSON. `orchest`: body and headers of Orchest.',
    },
    body: {
      type: 'string',
      enum: ['thin', 'full', 'template'],
      default: 'thin',
      description:
        '`thin`: ids, name, status and times. `full`: the span as OTLP JSON. `template`: what `template` says.',
    },
    template: {
      any: true,
      description:
        'JSON whose texts may hold placeholders: `{{type}}`, `{{name}}`, `{{status}}`, `{{trace_id}}`, `{{attributes.<key>}}`, `{{resource.<key>}}`.',
    },
    headers: {
      type: 'object',
      additionalProperties: { type: 'string', secret: true },
      description: 'Headers of every delivery; `webhook-*`, `content-*` and `host` cannot be set.',
    },
    timeout: {
      type: 'string',
      format: 'duration',
      default: '20s',
      minimumMs: 1,
      description: 'For one attempt.',
    },
    max_in_flight: { type: 'integer', default: 4, minimum: 1, description: 'Attempts at a time.' },
    ordered: {
      type: 'boolean',
      default: false,
      description: 'One delivery after the other; a failing one holds up those behind it.',
    },
    max_body_size: {
      type: 'integer',
      default: 20_000,
      minimum: 1_000,
      description: 'Bytes of a body; what would be longer goes in the thin form with `truncated: true`.',
    },
    retry: {
      type: 'object',
      properties: {
        schedule: {
          type: 'array',
          items: { type: 'string', format: 'duration', minimumMs: 1 },
          default: ['5s', '5m', '30m', '2h', '5h', '10h', '14h', '20h', '24h'],
          description:
            'Time before the second, third … attempt; after the last the delivery is a dead letter.',
        },
        jitter: { type: 'number', default: 0.2, minimum: 0, maximum: 1, description: 'Share of variation.' },
      },
      additionalProperties: false,
    },
    disable_after: {
      type: 'object',
      properties: {
        failing_for: {
          type: 'string',
          format: 'duration',
          default: '120h',
          minimumMs: 0,
          description:
            'Nothing is sent any more after failures only for this time, until a reload; `0s`: never.',
        },
      },
      additionalProperties: false,
    },
    tls: tlsClientSettings as typeof tlsClientSettings,
    allow_http: {
      type: 'boolean',
      default: false,
      description: 'Allows a URL without TLS; to loopback it is allowed anyway.',
    },
  },
  required: ['name', 'url', 'subscriptions'],
  additionalProperties: false,
} as const
