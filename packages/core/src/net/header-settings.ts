/** Headers to send: a map of name to value, or a list of pairs. Values are secret (section 1.7). */
export const headerSettings = {
  description: 'Headers of every request: a map, or a list of `{name, value}`.',
  anyOf: [
    { type: 'object', additionalProperties: { type: 'string', secret: true } },
    {
      type: 'array',
      items: {
        type: 'object',
        properties: { name: { type: 'string' }, value: { type: 'string', secret: true } },
        required: ['name', 'value'],
        additionalProperties: false,
      },
    },
  ],
} as const
