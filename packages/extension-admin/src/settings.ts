/** Settings of the admin server beside those of every HTTP server. */
export const adminSettings = {
  cors: { any: true, ignored: 'The admin server is for no other origin; cors has no effect.' },
  expvar: { any: true, ignored: 'There are no expvars; expvar has no effect.' },
  token: {
    type: 'string',
    secret: true,
    minLength: 1,
    description:
      'What a request that changes something or shows spans has to bring as `Authorization: Bearer <token>`. Without a token only clients on this machine may do that.',
  },
  allowed_hosts: {
    type: 'array',
    items: { type: 'string', minLength: 1 },
    commaSeparated: true,
    default: [],
    description:
      'Host names under which the server may be asked, beside `localhost`, loopback addresses and the host of `endpoint`. Others are refused, so that no web page can reach it by a name of its own.',
  },
  tap: {
    type: 'object',
    description: 'Lets `spanloom tap` watch the spans that pass between components.',
    properties: {
      enabled: {
        type: 'boolean',
        description:
          'Spans are data of users. Default: only while `endpoint` can be reached from this machine only.',
      },
      max_taps: {
        type: 'integer',
        minimum: 1,
        maximum: 64,
        default: 4,
        description: 'How many may watch at the same time.',
      },
      max_spans_per_second: {
        type: 'integer',
        minimum: 0,
        default: 1000,
        description: 'Spans that each of them is shown in a second; the others are counted. `0`: all.',
      },
    },
    additionalProperties: false,
  },
} as const
