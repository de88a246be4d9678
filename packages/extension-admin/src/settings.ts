/** Settings of the admin server beside those of every HTTP server. */
export const adminSettings = {
  cors: { any: true, ignored: 'The admin server is for no other origin; cors has no effect.' },
  expvar: { any: true, ignored: 'There are no expvars; expvar has no effect.' },
  token: {
    type: 'string',
    secret: true,
    minLength: 1,
    description:
      'What a request that changes something has to bring as `Authorization: Bearer <token>`. Without a token only clients on this machine may change something.',
  },
  allowed_hosts: {
    type: 'array',
    items: { type: 'string', minLength: 1 },
    commaSeparated: true,
    default: [],
    description:
      'Host names under which the server may be asked, beside `localhost`, loopback addresses and the host of `endpoint`. Others are refused, so that no web page can reach it by a name of its own.',
  },
} as const
