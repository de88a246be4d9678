/** Why a message is no command (`websocket.md` section 2). */
export type MessageFault =
  | 'too_large'
  | 'too_deep'
  | 'bad_utf8'
  | 'bad_json'
  | 'not_an_object'
  | 'missing_operation'

/** The message is no command. It never carries the message itself, which may hold personal data. */
export class MessageError extends Error {
  readonly code: MessageFault

  constructor(code: MessageFault, message: string) {
    super(message)
    this.name = 'MessageError'
    this.code = code
  }
}

/**
 * `NO_CONTEXT`: called outside of a command. `NO_CALLBACK_URL`: neither the kit nor the call names one.
 * `INVALID_OPERATION`: the operation or rID cannot be a segment of a URL. `REFUSED`: the other side answered with a
 * status that another attempt does not mend. `EXHAUSTED`: every attempt failed until the time was over.
 */
export type CallbackFault = 'NO_CONTEXT' | 'NO_CALLBACK_URL' | 'INVALID_OPERATION' | 'REFUSED' | 'EXHAUSTED'

/** A callback that was not taken. */
export class CallbackError extends Error {
  readonly code: CallbackFault
  /** HTTP status of the last answer, if there was one. */
  readonly status: number | undefined
  /** Requests that were made. */
  readonly attempts: number

  constructor(
    code: CallbackFault,
    message: string,
    more: { readonly status?: number | undefined; readonly attempts?: number; readonly cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.name = 'CallbackError'
    this.code = code
    this.status = more.status
    this.attempts = more.attempts ?? 0
  }
}
