/** Settings that both receivers of files have. */
export const fileSettings = {
  exclude: {
    type: 'array',
    items: { type: 'string', minLength: 1 },
    commaSeparated: true,
    default: [],
    description: 'Patterns of files that are left out.',
  },
  poll_interval: {
    type: 'string',
    format: 'duration',
    default: '200ms',
    minimumMs: 1,
    description: 'How often new files and new content are looked for.',
  },
  max_message_size: {
    type: 'integer',
    minimum: 1,
    default: 20_971_520,
    description:
      'Bytes of one message, before and after decompression; larger ones are counted and left out.',
  },
} as const

/** Patterns of the files to read. */
export const includeSetting = {
  type: 'array',
  items: { type: 'string', minLength: 1 },
  minItems: 1,
  commaSeparated: true,
  description: 'Paths of files, or patterns such as `./traces/**/*.json`.',
} as const
