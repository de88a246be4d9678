/** The span of the sender that a message names. */
export interface MessageLink {
  readonly traceId: string
  readonly spanId: string
}

/** What a message says beside its body. */
export interface MessageContext {
  /** When the message was enqueued or arrived, in nanoseconds since 1970. */
  readonly enqueuedTime: bigint
  readonly link?: MessageLink | undefined
}

/**
 * The sender's span: a valid W3C `traceparent` in the property `Diagnostic-Id`, else in `traceparent`
 * (`invictus.md` section 6.5). `property` finds an application property or a header by its name.
 */
export function messageLink(property: (name: string) => unknown): MessageLink | undefined {
  return parseTraceparent(property('Diagnostic-Id')) ?? parseTraceparent(property('traceparent'))
}

const traceparentPattern =
  /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-[\da-f]{2}(-.*)?$/

function parseTraceparent(value: unknown): MessageLink | undefined {
  if (typeof value !== 'string' || value.length > 512) return undefined
  const [, version, traceId, spanId, rest] = traceparentPattern.exec(value) ?? []
  if (traceId === undefined || spanId === undefined) return undefined
  // Version 00 ends after the flags; only later ones may say more.
  return version === '00' && rest !== undefined ? undefined : { traceId, spanId }
}
