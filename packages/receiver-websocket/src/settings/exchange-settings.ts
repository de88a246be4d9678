import { headerSettings } from '@spanloom/core'

/** Settings of the HTTP sides (`websocket.md` section 6.1). */
export const exchangeSettings = {
  forward: {
    type: 'object',
    section: 'bare',
    description: '`bridge`: the local API that carries out the commands.',
    properties: {
      url: {
        type: 'string',
        minLength: 1,
        description: 'Where commands are posted, such as `http://127.0.0.1:9000/commands/{operation}`.',
      },
      timeout: { type: 'string', format: 'duration', default: '30s', minimumMs: 1 },
      // oxlint-disable-next-line typescript/no-unnecessary-type-assertion -- isolated declarations want the type written
      headers: headerSettings as typeof headerSettings,
      request_id_header: {
        type: 'string',
        default: '',
        description: 'Header that carries the id of the request.',
      },
      retry: {
        type: 'object',
        description: 'Commands are sent once. Name the operations that may be repeated without harm.',
        properties: {
          operations: { type: 'array', items: { type: 'string', minLength: 1 }, default: [] },
          max_attempts: { type: 'integer', minimum: 2, maximum: 10, default: 2 },
        },
        additionalProperties: false,
      },
    },
    required: ['url'],
    additionalProperties: false,
  },
  callback: {
    type: 'object',
    section: 'bare',
    description: 'The way back over HTTP.',
    properties: {
      url: {
        type: 'string',
        minLength: 1,
        description: 'Where answers go, such as `https://connector.example.test/callback/{operation}`.',
      },
      proxy: {
        type: 'string',
        format: 'endpoint',
        description: 'Where the integrator posts its answers, such as `127.0.0.1:9100`.',
      },
      url_pointer: {
        type: 'string',
        description: '`bridge`: JSON Pointer to a URL in the command that its answer goes to instead.',
      },
      allowed_origins: {
        type: 'array',
        items: { type: 'string', format: 'url' },
        default: [],
        description: 'Origins that a URL in a command may have, beside that of `url`.',
      },
      allow_networks: {
        type: 'array',
        items: { type: 'string' },
        default: [],
        description:
          'Private or special networks that host names may lead to, such as `10.1.0.0/16`. Addresses written in the settings need no entry.',
      },
      timeout: { type: 'string', format: 'duration', default: '30s', minimumMs: 1 },
      max_body_size: {
        description: 'Bytes of an answer, such as `16MiB`.',
        default: '16MiB',
        anyOf: [
          { type: 'integer', minimum: 1 },
          { type: 'string', pattern: '^[0-9]{1,12} ?(B|KB|MB|GB|KiB|MiB|GiB)?$' },
        ],
      },
      // oxlint-disable-next-line typescript/no-unnecessary-type-assertion -- isolated declarations want the type written
      headers: headerSettings as typeof headerSettings,
      sign: {
        type: 'object',
        section: 'bare',
        description: '`bridge`: signs the body of synchronous answers.',
        properties: {
          header: { type: 'string', default: 'signature' },
          secret: { type: 'string', secret: true },
          algorithm: { type: 'string', enum: ['hmac-sha256', 'hmac-sha512'], default: 'hmac-sha256' },
          encoding: { type: 'string', enum: ['base64', 'hex'], default: 'base64' },
        },
        additionalProperties: false,
      },
      retry: {
        type: 'object',
        description:
          '`bridge`: synchronous answers are sent again, the same bytes, until the response timeout.',
        properties: {
          initial: { type: 'string', format: 'duration', default: '1s', minimumMs: 1 },
          max_interval: { type: 'string', format: 'duration', default: '15s', minimumMs: 1 },
          jitter: { type: 'number', minimum: 0, maximum: 1, default: 0.2 },
        },
        additionalProperties: false,
      },
    },
    required: ['url'],
    additionalProperties: false,
  },
  tenant_header: {
    type: 'string',
    default: 'restoId',
    description: 'Header of a callback that names its tenant; empty for none.',
  },
  uncorrelated_paths: {
    type: 'array',
    items: { type: 'string' },
    default: ['/callback/webhook'],
    description: 'Paths of calls that answer no command.',
  },
  span_headers: {
    type: 'boolean',
    default: true,
    description: '`bridge`: sends `span-id` and `parent-span-id` with synchronous answers.',
  },
  on_mismatch: {
    type: 'string',
    enum: ['correct', 'reject', 'pass'],
    default: 'correct',
    description: '`bridge`: what becomes of a callback with a changed trace id.',
  },
} as const
