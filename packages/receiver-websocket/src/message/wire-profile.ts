import type { Pointer } from './json-pointer.ts'

/** Where things stand in a message. What is absent does not exist in the protocol. */
export interface WireFields {
  readonly operation: Pointer | undefined
  readonly requestId: Pointer | undefined
  readonly traceId: Pointer | undefined
  readonly spanId: Pointer | undefined
  readonly traceparent: Pointer | undefined
  readonly tracestate: Pointer | undefined
  /** What kind of message it is, where a protocol multiplexes. */
  readonly type: Pointer | undefined
  /** Present in an answer that tells of a failure. */
  readonly error: Pointer | undefined
  /** Trace context that holds for the whole connection, in a message that is no command. */
  readonly connectionTraceparent: Pointer | undefined
  /** Commands of one key must not overtake each other. */
  readonly orderingKey: Pointer | undefined
  /** Where the command says that its answer goes. */
  readonly callbackUrl: Pointer | undefined
}

/** How messages follow each other inside a frame. */
export type Framing = 'message' | 'ndjson' | 'json_array'

/** Where answers come from: an HTTP callback, the socket itself, or nowhere. */
export type Reply = 'http' | 'socket' | 'none'

/** What a protocol looks like on the wire (`websocket.md` section 9): data, no code. */
export interface WireProfile {
  readonly name: string
  readonly fields: WireFields
  /** Values of `type`; empty where every message with an operation is a command. */
  readonly commandTypes: ReadonlySet<string>
  readonly itemTypes: ReadonlySet<string>
  readonly endTypes: ReadonlySet<string>
  readonly ignoreTypes: ReadonlySet<string>
  /** End types that tell of a failure. */
  readonly errorTypes: ReadonlySet<string>
  /** Which side sends the commands: the server of the WebSocket, or its client. */
  readonly commandsFrom: 'server' | 'client'
  readonly reply: Reply
  readonly framing: Framing
  /** Offered or required; none when empty. */
  readonly subprotocols: readonly string[]
  /** Name of the mandatory header of the answer, in lower case. */
  readonly responseHeader: string
  /** Commands that get no answer. */
  readonly oneWayOperations: ReadonlySet<string>
  /** Names of operations that metrics tell apart. */
  readonly operations: readonly string[]
  /** Whether a message without request id gets no answer, as a JSON-RPC notification. */
  readonly notifications: boolean
  /** Whether request ids are usually numbers, so that one is no reason to warn. */
  readonly numericIds: boolean
  /** Operation of a command that names none; without it such a message is an error. */
  readonly defaultOperation: string | undefined
  /** `error.type` of an answer that tells of a failure. */
  readonly errorType: string
  /** Further attributes of the command's span, by pointer. */
  readonly attributes: readonly (readonly [name: string, pointer: Pointer])[]
  /** Messages are not looked into at all. */
  readonly opaque: boolean
}
