import type { Framing, Reply } from './wire-profile.ts'

/** A profile as it is written in settings: pointers as text, lists. */
export interface ProfileText {
  readonly fields: Readonly<Partial<Record<FieldName, string>>>
  readonly commandTypes?: readonly string[]
  readonly itemTypes?: readonly string[]
  readonly endTypes?: readonly string[]
  readonly ignoreTypes?: readonly string[]
  readonly errorTypes?: readonly string[]
  readonly commandsFrom: 'server' | 'client'
  readonly reply?: Reply
  readonly framing?: Framing
  readonly subprotocols?: readonly string[]
  readonly oneWayOperations?: readonly string[]
  readonly operations?: readonly string[]
  readonly notifications?: boolean
  readonly numericIds?: boolean
  readonly defaultOperation?: string
  readonly errorType?: string
  readonly attributes?: Readonly<Record<string, string>>
  readonly opaque?: boolean
}

/** Names of the places in a message that a profile points to. */
export type FieldName =
  | 'operation'
  | 'request_id'
  | 'trace_id'
  | 'span_id'
  | 'traceparent'
  | 'tracestate'
  | 'type'
  | 'error'
  | 'connection_traceparent'

/** Names of the built-in profiles; `custom` knows nothing but what the settings say. */
export type ProfileName = 'expirenza' | 'graphql-transport-ws' | 'json-rpc' | 'cloudevents' | 'raw' | 'custom'

/** Protocols that are known out of the box (`websocket.md` sections 1 and 9). */
export const builtinProfiles: Readonly<Record<ProfileName, ProfileText>> = {
  expirenza: {
    fields: {
      operation: '/operation',
      request_id: '/rID',
      trace_id: '/__headers__/trace-id',
      span_id: '/__headers__/span-id',
    },
    commandsFrom: 'server',
    reply: 'http',
    oneWayOperations: ['setSettings', 'showMessage'],
    operations: [
      'getBill',
      'payBill',
      'createOrderOnTable',
      'checkProductsRestrictions',
      'splitOrder',
      'tablesInfo',
      'usersInfo',
      'categoriesInfo',
      'hallplansInfo',
      'checkWork',
      'stopList',
      'versionInfo',
      'menuInfo',
      'setSettings',
      'showMessage',
    ],
  },
  'graphql-transport-ws': {
    fields: {
      operation: '/payload/operationName',
      request_id: '/id',
      traceparent: '/payload/extensions/traceparent',
      tracestate: '/payload/extensions/tracestate',
      type: '/type',
      connection_traceparent: '/payload/traceparent',
    },
    commandTypes: ['subscribe'],
    itemTypes: ['next'],
    endTypes: ['complete', 'error'],
    errorTypes: ['error'],
    ignoreTypes: ['ping', 'pong', 'connection_init', 'connection_ack'],
    commandsFrom: 'client',
    reply: 'socket',
    subprotocols: ['graphql-transport-ws'],
    defaultOperation: 'anonymous',
    errorType: 'graphql_error',
  },
  'json-rpc': {
    fields: {
      operation: '/method',
      request_id: '/id',
      traceparent: '/params/_meta/traceparent',
      tracestate: '/params/_meta/tracestate',
      error: '/error',
    },
    commandsFrom: 'client',
    reply: 'socket',
    notifications: true,
    numericIds: true,
    errorType: 'jsonrpc_error',
  },
  cloudevents: {
    fields: {
      operation: '/type',
      request_id: '/id',
      traceparent: '/traceparent',
      tracestate: '/tracestate',
    },
    commandsFrom: 'server',
    reply: 'none',
    subprotocols: ['cloudevents.json'],
    attributes: {
      'cloudevents.event_id': '/id',
      'cloudevents.event_source': '/source',
      'cloudevents.event_spec_version': '/specversion',
      'cloudevents.event_type': '/type',
      'cloudevents.event_subject': '/subject',
    },
  },
  raw: { fields: {}, commandsFrom: 'server', reply: 'none', defaultOperation: 'message', opaque: true },
  custom: { fields: {}, commandsFrom: 'server' },
}
