import { type ConfigOf, type httpServerSettings, httpSourceSettings } from '@spanloom/core'

/** Settings of the receiver beside those of its HTTP server (`orchest.md` 3.8). */
export const settings = {
  endpoint: {
    type: 'string',
    format: 'endpoint',
    default: '127.0.0.1:4319',
    description: 'Address and port to listen on.',
  },
  health_path: httpSourceSettings.health_path as typeof httpSourceSettings.health_path,
  webhook: {
    type: 'object',
    section: 'ready',
    description: "Takes Orchest's signed webhook deliveries.",
    properties: {
      path: {
        type: 'string',
        pattern: '^/',
        default: '/orchest/webhook',
        description: 'Path that takes them.',
      },
      secret: { type: 'string', secret: true, description: 'Secret of the webhook in Orchest.' },
      secrets: {
        type: 'array',
        items: { type: 'string', secret: true },
        default: [],
        description: 'Several secrets, while one takes the place of another.',
      },
      allow_unsigned: {
        type: 'boolean',
        default: false,
        description: 'Takes deliveries without a signature, from anybody.',
      },
      on_unknown: {
        type: 'string',
        enum: ['dead_letter', 'reject'],
        default: 'dead_letter',
        description:
          'What becomes of unknown types: kept and acknowledged, or refused with 422, which Orchest sends again for ever.',
      },
    },
    additionalProperties: false,
  },
  relay: {
    type: 'object',
    section: 'ready',
    description: 'Takes events that browsers send through the web server.',
    properties: {
      path: { type: 'string', pattern: '^/', default: '/analytics', description: 'Path that takes them.' },
      token: { type: 'string', secret: true, description: 'Bearer token that senders must show.' },
      legacy_status: {
        type: 'boolean',
        default: false,
        description: 'Answers unknown types with 500 and the text of the original.',
      },
    },
    additionalProperties: false,
  },
  event_types: {
    type: 'array',
    items: { type: 'object', additionalProperties: { any: true } },
    default: [],
    description: 'Event types of your own: declarations, or `{ file: ./events.yaml }`.',
  },
  storage: {
    type: 'string',
    reference: 'extension',
    role: 'storage',
    description: 'Extension that keeps deliveries which cannot be used, for `spanloom queue`.',
  },
  instants: {
    type: 'string',
    enum: ['span', 'drop'],
    default: 'span',
    description: 'Whether events about nothing that lasts become spans of zero length.',
  },
  set_ok: {
    type: 'boolean',
    default: false,
    description: 'Status OK for what succeeded and what was stopped.',
  },
  include_parameters: {
    type: 'boolean',
    default: false,
    description: 'Puts the parameters of runs on their spans; they may hold secrets.',
  },
  id_salt: {
    type: 'string',
    secret: true,
    default: '',
    description: 'Mixed into all ids, so that nobody can compute them from uuids that they know.',
  },
  service_name: {
    type: 'string',
    default: 'orchest',
    minLength: 1,
    description: '`service.name` of the spans.',
  },
  duplicate_cache_size: {
    type: 'integer',
    default: 50_000,
    minimum: 0,
    description: 'Events that are remembered, so that one that comes again is not taken twice.',
  },
  duplicate_window: {
    type: 'string',
    format: 'duration',
    default: '24h',
    minimumMs: 0,
    description: 'How long they are remembered.',
  },
} as const

/** Parsed settings. */
export type OrchestConfig = ConfigOf<{
  readonly type: 'object'
  readonly properties: Omit<typeof httpServerSettings, 'endpoint'> & typeof settings
}>
