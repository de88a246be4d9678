import { headerEntries } from '@spanloom/core'

import type { DeliverySettings } from '../bridge/deliver.ts'
import type { ForwardSettings } from '../bridge/forward.ts'
import { parseTemplate } from '../http/path-template.ts'
import type { ReconnectSettings } from '../link/backoff.ts'
import type { HeartbeatSettings } from '../link/heartbeat.ts'
import { compileProfile, type ProfileChange } from '../message/compile-profile.ts'
import { parsePointer, type Pointer } from '../message/json-pointer.ts'
import type { ReaderOptions } from '../message/reader.ts'
import type { WireProfile } from '../message/wire-profile.ts'
import type { TrackerSettings } from '../tracking/tracker.ts'
import { bytesOf } from './bytes.ts'
import type { Settings } from './schema.ts'

/** The profile with the changes of the settings. @throws SyntaxError for a pointer of wrong form */
export function profileOf(settings: Settings): WireProfile {
  const { attributes, framing, response_header: responseHeader } = settings
  const changes: { [K in keyof ProfileChange]: ProfileChange[K] | undefined } = {
    fields: withoutUndefined(settings.fields),
    commandTypes: settings.command_types,
    itemTypes: settings.item_types,
    endTypes: settings.end_types,
    errorTypes: settings.error_types,
    ignoreTypes: settings.ignore_types,
    commandsFrom: settings.commands_from,
    reply: settings.reply,
    subprotocols: settings.subprotocols,
    oneWayOperations: settings.one_way_operations,
    attributes,
    orderingKey: settings.ordering === 'per_key' ? settings.ordering_key : undefined,
    callbackUrl: settings.callback?.url_pointer,
  }
  return compileProfile(settings.profile, { ...withoutUndefined(changes), framing, responseHeader })
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

function withoutUndefined<T extends object>(value: T): Partial<Defined<T>> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Partial<
    Defined<T>
  >
}

/** How messages are read. */
export function readerOptionsOf({ binary, ignore_messages: patterns, heartbeat }: Settings): ReaderOptions {
  const ignore = patterns.map((pattern) => new RegExp(pattern, 'u'))
  const { reply } = heartbeat
  return { binary, ignore, ...(reply === undefined ? {} : { heartbeatReply: reply }) }
}

/** How commands are followed. */
export function trackerSettingsOf(settings: Settings, profile: WireProfile): TrackerSettings {
  return {
    responseTimeoutMs: settings.response_timeout,
    lateWindowMs: settings.late_window,
    maxPending: settings.max_pending,
    oneWayOperations: profile.oneWayOperations,
    followsOneWay: settings.mode === 'bridge',
    operations: new Set(settings.operations),
    parent: settings.parent,
    recordTimeline: settings.record_timeline,
    messageSize: settings.record_size,
    startFragments: settings.start_fragments,
    logCommands: settings.log_commands,
  }
}

/** How the local API is called. */
export function forwardSettingsOf({
  forward,
  response_header: traceIdHeader,
  callback,
}: Settings): ForwardSettings | undefined {
  if (forward === undefined) return undefined
  return {
    template: parseTemplate(forward.url),
    timeoutMs: forward.timeout,
    headers: headerEntries(forward.headers).flat(),
    requestIdHeader: forward.request_id_header,
    traceIdHeader,
    retryOperations: new Set(forward.retry.operations),
    maxAttempts: forward.retry.max_attempts,
    maxAnswerBytes: bytesOf(callback?.max_body_size ?? '16MiB'),
  }
}

/** How answers are delivered. */
export function deliverySettingsOf(settings: Settings): DeliverySettings | undefined {
  const { callback, tenant_header: tenantHeader, connections = [] } = settings
  if (callback === undefined) return undefined
  const { sign } = callback
  const headers = headerEntries(callback.headers)
  const named = headers.some(([name]) => name.toLowerCase() === tenantHeader.toLowerCase())
  const tenants = connections.some(({ tenant }) => tenant !== undefined && tenant !== '')
  const addTenant = tenantHeader !== '' && !named && tenants
  const secrets = new Map(
    connections.flatMap(({ tenant, sign_secret: secret }) =>
      tenant === undefined || !secret ? [] : [[tenant, secret]],
    ),
  )
  return {
    template: parseTemplate(callback.url),
    timeoutMs: callback.timeout,
    headers: addTenant ? [...headers, [tenantHeader, '{tenant}']] : headers,
    traceIdHeader: settings.response_header,
    spanHeaders: settings.span_headers,
    sign,
    secretOf: (tenant) => secrets.get(tenant) ?? sign?.secret,
    retry: {
      initialMs: callback.retry.initial,
      maxIntervalMs: callback.retry.max_interval,
      jitter: callback.retry.jitter,
    },
    responseTimeoutMs: settings.response_timeout,
    violationFails: settings.violation_status === 'error',
  }
}

/** What keeps connections alive. */
export function heartbeatOf({ heartbeat }: Settings): HeartbeatSettings {
  return { kind: heartbeat.kind, message: heartbeat.message, intervalMs: heartbeat.interval }
}

/** How connections come back. */
export function reconnectOf({ reconnect }: Settings): ReconnectSettings {
  return { minMs: reconnect.min_interval, maxMs: reconnect.max_interval, jitter: reconnect.jitter }
}

/** A pointer of the settings, which was checked before. */
export const pointerOf = (text: string | undefined): Pointer | undefined =>
  text === undefined || text === '' ? undefined : parsePointer(text)

/** Origins that callbacks may go to. */
export function allowedOriginsOf({ callback }: Settings): ReadonlySet<string> {
  if (callback === undefined) return new Set()
  return new Set(
    [callback.url.replaceAll('{operation}', 'x'), ...callback.allowed_origins].map(
      (url) => new URL(url).origin,
    ),
  )
}
