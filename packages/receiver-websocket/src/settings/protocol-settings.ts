/** Settings of the protocol inside the frames (`websocket.md` section 9). */
export const protocolSettings = {
  profile: {
    type: 'string',
    enum: ['expirenza', 'graphql-transport-ws', 'json-rpc', 'cloudevents', 'raw', 'custom'],
    default: 'expirenza',
    description: 'The protocol. What follows changes parts of it; `custom` begins with nothing.',
  },
  fields: {
    type: 'object',
    description: 'JSON Pointers to what matters in a message. An empty one says that it does not exist.',
    properties: {
      operation: { type: 'string' },
      request_id: { type: 'string' },
      trace_id: { type: 'string' },
      span_id: { type: 'string' },
      traceparent: { type: 'string', description: 'Beats `trace_id` and `span_id` where it is valid.' },
      tracestate: { type: 'string' },
      type: { type: 'string', description: 'Kind of the message, where a protocol multiplexes.' },
      error: { type: 'string', description: 'Present in answers that tell of a failure.' },
      connection_traceparent: { type: 'string', description: 'Trace context of the whole connection.' },
    },
    additionalProperties: false,
  },
  attributes: {
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Attributes of the command span by JSON Pointer into the message.',
  },
  command_types: {
    type: 'array',
    items: { type: 'string' },
    description: 'Values of `type` that are commands.',
  },
  item_types: {
    type: 'array',
    items: { type: 'string' },
    description: 'Values that are parts of an answer.',
  },
  end_types: { type: 'array', items: { type: 'string' }, description: 'Values that end a command.' },
  error_types: {
    type: 'array',
    items: { type: 'string' },
    description: 'Those of `end_types` that tell of a failure.',
  },
  ignore_types: { type: 'array', items: { type: 'string' }, description: 'Values that are of no interest.' },
  commands_from: {
    type: 'string',
    enum: ['server', 'client'],
    description: '`tap`: which side of the WebSocket sends the commands. Default: that of the profile.',
  },
  reply: {
    type: 'string',
    enum: ['http', 'socket', 'none'],
    description: 'How answers come. Default: that of the profile.',
  },
  framing: { type: 'string', enum: ['message', 'ndjson', 'json_array'], default: 'message' },
  subprotocols: {
    type: 'array',
    items: { type: 'string', minLength: 1 },
    description: 'Default: those of the profile.',
  },
  response_header: {
    type: 'string',
    minLength: 1,
    default: 'trace-id',
    description: 'Mandatory header of the answer.',
  },
  one_way_operations: {
    type: 'array',
    items: { type: 'string', minLength: 1 },
    description: 'Operations without an answer. Default: those of the profile.',
  },
  operations: {
    type: 'array',
    items: { type: 'string', minLength: 1 },
    default: [],
    description: 'Operations that names of spans may hold, others are `_other`; empty for all.',
  },
  error_pointer: {
    type: 'string',
    description: 'JSON Pointer to a business error in answers that were delivered; makes the command fail.',
  },
} as const
