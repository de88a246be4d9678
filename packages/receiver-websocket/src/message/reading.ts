/** Why a message could not be used. */
export type ReadError =
  | 'too_large'
  | 'binary'
  | 'bad_utf8'
  | 'bad_json'
  | 'too_deep'
  | 'not_an_object'
  | 'missing_operation'
  | 'bad_operation'

/** What is odd about a message that is used all the same. */
export type ReadWarning =
  | 'missing_headers'
  | 'headers_not_object'
  | 'missing_request_id'
  | 'request_id_not_string'
  | 'trace_id_not_string'
  | 'trace_id_not_representable'

/** All reasons, so that their counters exist from the start. */
export const readErrors: readonly ReadError[] = [
  'too_large',
  'binary',
  'bad_utf8',
  'bad_json',
  'too_deep',
  'not_an_object',
  'missing_operation',
  'bad_operation',
]
export const readWarnings: readonly ReadWarning[] = [
  'missing_headers',
  'headers_not_object',
  'missing_request_id',
  'request_id_not_string',
  'trace_id_not_string',
  'trace_id_not_representable',
]

/** A command as it stands in a message. The ids are verbatim. */
export interface CommandMessage {
  readonly kind: 'command'
  readonly operation: string
  readonly requestId: string | undefined
  readonly traceId: string | undefined
  readonly spanId: string | undefined
  readonly traceparent: string | undefined
  readonly tracestate: string | undefined
  readonly warnings: readonly ReadWarning[]
  /** Bytes of the message. */
  readonly size: number
  /** What stands at the profile's attributes, in their order. */
  readonly attributes: readonly unknown[]
  /** Commands of one key must not overtake each other. */
  readonly orderingKey: unknown
  /** Where the command says that its answer goes. */
  readonly callbackUrl: unknown
}

/** Part of the answer to a command over the socket, or its end. */
export interface AnswerPart {
  readonly kind: 'item' | 'end'
  readonly requestId: string
  readonly errorType: string | undefined
}

/** What a message is. */
export type Reading =
  | CommandMessage
  | AnswerPart
  | { readonly kind: 'ignored'; readonly connectionTraceparent?: string }
  | { readonly kind: 'error'; readonly reason: ReadError }

/** Which side a message came from. */
export type Side = 'commands' | 'replies'
