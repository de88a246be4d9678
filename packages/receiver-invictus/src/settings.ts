/** Settings of the file intake. */
export const fileSettings = {
  type: 'object',
  section: 'bare',
  description: 'Reads events from files: one JSON document in each, or one in each line.',
  properties: {
    include: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      minItems: 1,
      commaSeparated: true,
      examples: [['./events/*.json']],
      description: 'Paths of files, or patterns such as `./events/*.json`.',
    },
    exclude: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      commaSeparated: true,
      default: [],
      description: 'Patterns of files that are left out.',
    },
    format: {
      type: 'string',
      enum: ['auto', 'document', 'lines'],
      default: 'auto',
      description: '`document`: the file is one. `lines`: every line is one. `auto` tells by the first line.',
    },
    start_at: {
      type: 'string',
      enum: ['beginning', 'end'],
      default: 'beginning',
      description: 'Where reading begins in files that are there at the start.',
    },
    follow: {
      type: 'boolean',
      default: false,
      description: 'Goes on with new lines and new files. Otherwise every file is read once.',
    },
    poll_interval: {
      type: 'string',
      format: 'duration',
      default: '200ms',
      minimumMs: 1,
      description: 'How often new files and new content are looked for.',
    },
  },
  required: ['include'],
  additionalProperties: false,
} as const

/** Settings that all intakes share: what becomes of a message. */
export const translationSettings = {
  assume_zone: {
    type: 'string',
    default: 'UTC',
    description: 'Zone of times that name none: `UTC`, or an offset such as `+02:00`.',
  },
  default_service_name: {
    type: 'string',
    minLength: 1,
    default: 'invictus',
    description: '`service.name` of events whose mapping names no service.',
  },
  set_ok: {
    type: 'boolean',
    default: false,
    description: 'Gives completed steps the status OK rather than none.',
  },
  link_message_context: {
    type: 'boolean',
    default: true,
    description: 'Links to the span that the message names in `Diagnostic-Id` or `traceparent`.',
  },
  max_events_per_message: {
    type: 'integer',
    minimum: 1,
    default: 10_000,
    description: 'A message with more events is rejected.',
  },
  max_body_size: {
    type: 'integer',
    minimum: 1,
    default: 1_048_576,
    description: 'Bytes of a message, before and after decompression; a larger one is rejected.',
  },
} as const
