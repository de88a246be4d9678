const paths = {
  type: 'array',
  minItems: 1,
  items: { type: 'string', pattern: '^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*$' },
} as const

const ref = {
  type: 'object',
  required: ['entity', 'key'],
  additionalProperties: false,
  properties: { entity: { type: 'string' }, key: paths },
} as const

/** JSON Schema of one declared event type; what opens, notes or closes needs `entity` and `key`, too. */
export const userTypeSchema: object = {
  type: 'object',
  required: ['type', 'transition'],
  additionalProperties: false,
  properties: {
    type: {
      type: 'string',
      maxLength: 150,
      pattern: '^[a-z0-9]+(-[a-z0-9]+)*(:[a-z0-9]+(-[a-z0-9]+)*)*$',
    },
    transition: { enum: ['open', 'note', 'close', 'instant', 'ignore'] },
    entity: { type: 'string', pattern: '^[a-z][a-z0-9-]*$' },
    span_name: { type: 'string', maxLength: 80 },
    key: paths,
    parent: ref,
    trace: ref,
    attributes: { type: 'object', additionalProperties: { type: 'string' } },
    outcome: { type: 'string' },
    override: { type: 'boolean' },
    description: { type: 'string' },
    schema: { type: ['object', 'boolean'] },
  },
}

/** JSON Schema of a file of event types (`orchest.md` section 4). */
export const registryFileSchema: object = {
  type: 'object',
  required: ['version', 'event_types'],
  additionalProperties: false,
  properties: { version: { const: 1 }, event_types: { type: 'array', items: userTypeSchema } },
}
