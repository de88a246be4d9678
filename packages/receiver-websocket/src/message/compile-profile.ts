import { builtinProfiles, type FieldName, type ProfileName, type ProfileText } from './builtin-profiles.ts'
import { parsePointer, type Pointer } from './json-pointer.ts'
import type { WireProfile } from './wire-profile.ts'

/** What settings may say over a built-in profile. */
export type ProfileChange = Partial<ProfileText> & {
  readonly responseHeader?: string
  /** Pointer to what keeps commands in order. */
  readonly orderingKey?: string
  /** Pointer to where a command says that its answer goes. */
  readonly callbackUrl?: string
}

/**
 * A built-in profile with the changes of the settings, ready to be used.
 *
 * @throws SyntaxError for a pointer of wrong form
 */
export function compileProfile(name: ProfileName, change: ProfileChange = {}): WireProfile {
  const base = builtinProfiles[name]
  const text: ProfileText = { ...base, ...change, fields: { ...base.fields, ...change.fields } }
  const at = (field: FieldName): Pointer | undefined => pointerOf(text.fields[field])
  return {
    name,
    fields: {
      operation: at('operation'),
      requestId: at('request_id'),
      traceId: at('trace_id'),
      spanId: at('span_id'),
      traceparent: at('traceparent'),
      tracestate: at('tracestate'),
      type: at('type'),
      error: at('error'),
      connectionTraceparent: at('connection_traceparent'),
      orderingKey: pointerOf(change.orderingKey),
      callbackUrl: pointerOf(change.callbackUrl),
    },
    commandTypes: new Set(text.commandTypes),
    itemTypes: new Set(text.itemTypes),
    endTypes: new Set(text.endTypes),
    ignoreTypes: new Set(text.ignoreTypes),
    errorTypes: new Set(text.errorTypes),
    commandsFrom: text.commandsFrom,
    reply: text.reply ?? (at('request_id') === undefined ? 'none' : 'http'),
    framing: text.framing ?? 'message',
    subprotocols: text.subprotocols ?? [],
    responseHeader: (change.responseHeader ?? 'trace-id').toLowerCase(),
    oneWayOperations: new Set(text.oneWayOperations),
    operations: text.operations ?? [],
    notifications: text.notifications ?? false,
    numericIds: text.numericIds ?? false,
    defaultOperation: text.defaultOperation,
    errorType: text.errorType ?? 'error',
    attributes: Object.entries(text.attributes ?? {}).map(([name, pointer]) => [name, parsePointer(pointer)]),
    opaque: text.opaque ?? false,
  }
}

const pointerOf = (text: string | undefined): Pointer | undefined =>
  text === undefined || text === '' ? undefined : parsePointer(text)
