import { headerSettings, tlsServerSettings } from '@spanloom/core'

/** Settings of the sockets (`websocket.md` sections 6 and 8). */
export const connectionSettings = {
  connections: {
    type: 'array',
    description: '`bridge`: connections to make. One for each tenant.',
    items: {
      type: 'object',
      properties: {
        name: { type: 'string', minLength: 1, description: 'For logs. Default: the host of the URL.' },
        url: { type: 'string', format: 'url', description: '`ws://` or `wss://`.' },
        // oxlint-disable-next-line typescript/no-unnecessary-type-assertion -- isolated declarations want the type written
        headers: headerSettings as typeof headerSettings,
        tenant: {
          type: 'string',
          description: 'Value of the callback header `tenant_header` that belongs to this connection.',
        },
        sign_secret: {
          type: 'string',
          secret: true,
          description: 'Secret for the signatures of this tenant, instead of `callback::sign::secret`.',
        },
      },
      required: ['url'],
      additionalProperties: false,
    },
  },
  listen: {
    type: 'object',
    section: 'bare',
    description: 'Takes connections: from the other side in `bridge`, from the integrator in `tap`.',
    properties: {
      endpoint: { type: 'string', format: 'endpoint', description: 'Such as `127.0.0.1:9200`.' },
      // oxlint-disable-next-line typescript/no-unnecessary-type-assertion -- isolated declarations want the type written
      tls: tlsServerSettings as typeof tlsServerSettings,
      path: { type: 'string', default: '', description: '`bridge`: path of the socket; empty for any.' },
      tenant: { type: 'string', default: '', description: '`bridge`: tenant of these connections.' },
      basic: {
        type: 'object',
        section: 'bare',
        description: '`bridge`: user and password that clients must send.',
        properties: { username: { type: 'string' }, password: { type: 'string', secret: true } },
        required: ['username', 'password'],
        additionalProperties: false,
      },
      bearer_token: { type: 'string', secret: true, description: '`bridge`: token that clients must send.' },
      header: {
        type: 'object',
        section: 'bare',
        description: '`bridge`: a header that clients must send.',
        properties: { name: { type: 'string', minLength: 1 }, value: { type: 'string', secret: true } },
        required: ['name', 'value'],
        additionalProperties: false,
      },
      allowed_origins: {
        type: 'array',
        items: { type: 'string' },
        default: [],
        description: '`bridge`: origins of web pages that may connect.',
      },
      max_connections: { type: 'integer', minimum: 1, default: 100 },
    },
    required: ['endpoint'],
    additionalProperties: false,
  },
  upstream: {
    type: 'string',
    format: 'url',
    description:
      '`tap`: where connections go, `ws://` or `wss://` and host; the path is that of the integrator.',
  },
  open_messages: {
    type: 'array',
    items: { type: 'string' },
    default: [],
    description: '`bridge`: messages that are sent after each connect.',
  },
  heartbeat: {
    type: 'object',
    description: '`bridge`: what keeps a connection alive.',
    properties: {
      kind: { type: 'string', enum: ['none', 'ping', 'text', 'json'], default: 'none' },
      message: { type: 'string', default: '', description: 'What is sent; JSON text for `json`.' },
      interval: { type: 'string', format: 'duration', default: '15s', minimumMs: 10 },
      reply: { type: 'string', description: 'Answer of the other side, which is no command.' },
    },
    additionalProperties: false,
  },
  liveness_timeout: {
    type: 'string',
    format: 'duration',
    default: '90s',
    minimumMs: 0,
    description: '`bridge`: silence after which a connection is made anew; `0s` for never.',
  },
  connect_timeout: { type: 'string', format: 'duration', default: '10s', minimumMs: 1 },
  reconnect: {
    type: 'object',
    description: '`bridge`: how connections come back, for ever.',
    properties: {
      min_interval: {
        type: 'string',
        format: 'duration',
        default: '15s',
        minimumMs: 0,
        description: 'The pause that the other side asks for at least.',
      },
      max_interval: { type: 'string', format: 'duration', default: '60s', minimumMs: 1 },
      jitter: {
        type: 'number',
        minimum: 0,
        maximum: 1,
        default: 0.2,
        description: 'Only ever adds to a pause.',
      },
    },
    additionalProperties: false,
  },
  max_message_size: {
    description: 'Bytes of a message, such as `1MiB`; a larger one closes the connection with 1009.',
    default: '1MiB',
    anyOf: [
      { type: 'integer', minimum: 1 },
      { type: 'string', pattern: '^[0-9]{1,12} ?(B|KB|MB|GB|KiB|MiB|GiB)?$' },
    ],
  },
  binary: {
    type: 'string',
    enum: ['decode', 'ignore'],
    default: 'decode',
    description: 'Whether binary messages are read as text.',
  },
  ignore_messages: {
    type: 'array',
    items: { type: 'string', minLength: 1 },
    default: [],
    description: 'Regular expressions for messages that are no commands and no fault, such as greetings.',
  },
  log_payload: {
    type: 'boolean',
    default: false,
    description: 'Logs the first 64 characters of messages that cannot be used, at level debug.',
  },
} as const
