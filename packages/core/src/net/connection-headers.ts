/**
 * Headers of one connection and not of the message (RFC 9110, section 7.6.1), in lower case; with them those that are
 * made anew for each connection. Whoever passes a message on leaves them out.
 */
export const connectionHeaders: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
  'expect',
  'host',
])
