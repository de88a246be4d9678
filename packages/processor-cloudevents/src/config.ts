import type { ConfigOf } from '@spanloom/core'

/** Settings of the processor (`cloudevents.md` section 9.2 and 9.3). */
export const cloudEventsSchema = {
  type: 'object',
  properties: {
    normalize: {
      type: 'boolean',
      default: true,
      description:
        'Gives spans the registered attributes `cloudevents.event_*`, from the names of the CloudEvents Go SDK and from captured headers.',
    },
    hold: {
      type: 'string',
      format: 'duration',
      default: '5s',
      minimumMs: 0,
      description:
        'How long a consumer span whose event lost its extension waits for the span of its producer. `0s` holds nothing: then a consumer that is seen before its producer stays without a link.',
    },
    ttl: {
      type: 'string',
      format: 'duration',
      default: '10m',
      minimumMs: 1,
      description: 'How long the span of a producer is remembered.',
    },
    max_store_entries: {
      type: 'integer',
      minimum: 1,
      default: 100_000,
      description: 'Events whose producers are remembered at most; the oldest is forgotten.',
    },
    max_held_spans: {
      type: 'integer',
      minimum: 1,
      default: 10_000,
      description: 'Spans that wait at most; the oldest leaves without a link.',
    },
    on_overwrite: {
      type: 'string',
      enum: ['add_link', 'report', 'ignore'],
      default: 'add_link',
      description:
        'What happens when the extension names another trace than the span that created the event: a second link and a mark on the span, the mark alone, or nothing.',
    },
    server_spans: {
      type: 'string',
      enum: ['link', 'ignore'],
      default: 'link',
      description: 'Whether a SERVER span with a captured `ce-id` header counts as a consumer.',
    },
    late_link: {
      type: 'string',
      enum: ['none', 'companion'],
      default: 'none',
      description:
        'What is done when a producer comes after its consumer has left: `companion` adds a span of zero length below the consumer that carries the link.',
    },
    max_links_per_span: {
      type: 'integer',
      minimum: 1,
      default: 128,
      description: 'Links of a span beyond which a new one is only counted as dropped.',
    },
    storage: {
      type: 'string',
      reference: 'extension',
      role: 'storage',
      description: 'Extension that keeps held spans and known producers across restarts.',
    },
  },
  additionalProperties: false,
} as const

/** Parsed settings. */
export type CloudEventsConfig = ConfigOf<typeof cloudEventsSchema>
