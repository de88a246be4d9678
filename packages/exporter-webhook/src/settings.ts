import { endpointSettings } from './endpoint-settings.ts'

/** Settings of the webhook exporter (`orchest.md` section 7). */
export const schema = {
  type: 'object',
  properties: {
    endpoints: {
      type: 'array',
      items: endpointSettings as typeof endpointSettings,
      minItems: 1,
      description: 'Who is told of what.',
    },
    storage: {
      type: 'string',
      reference: 'extension',
      role: 'storage',
      description:
        'Id of the extension that keeps deliveries until they are done. Without it they are lost when the process ends.',
    },
    fsync: {
      type: 'boolean',
      default: true,
      description: 'Whether what was acknowledged survives a power failure, too; needs `storage`.',
    },
    queue_size: {
      type: 'integer',
      default: 100_000,
      minimum: 1,
      description:
        'Deliveries that may wait for one endpoint; more become dead letters at once, so that an endpoint that is down holds up no other. Without `storage`, all that may wait; more is refused until there is room.',
    },
    allow_networks: {
      type: 'array',
      items: { type: 'string' },
      commaSeparated: true,
      default: [],
      description:
        'Networks such as `10.1.0.0/16` that deliveries may go to although they are private, local or special.',
    },
    event_type_from: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      commaSeparated: true,
      default: [],
      description:
        'Attributes that tell the event type of a span without `orchest.event.type`; else it is the name of the span.',
    },
    event_types: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      commaSeparated: true,
      default: [],
      description: "Event types that subscriptions may name, besides Orchest's own.",
    },
  },
  required: ['endpoints'],
  additionalProperties: false,
} as const
