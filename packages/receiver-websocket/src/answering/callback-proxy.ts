import { createLocalServer, type LocalServer } from '../http/local-server.ts'
import type { Works } from '../receiver/works.ts'
import { bytesOf } from '../settings/bytes.ts'
import { relayCallback, type RelayOptions } from './relay.ts'

/** What the modes do differently with callbacks. */
export type CallbackProxyOptions = Pick<RelayOptions, 'link' | 'longBodies' | 'decide' | 'signal'>

/** The server that the integrator posts its answers to; `undefined` where the settings name none. */
export function createCallbackProxy(works: Works, options: CallbackProxyOptions): LocalServer | undefined {
  const { id, settings, answers, tracker, emit, clock, time, telemetry } = works
  const { callback } = settings
  if (callback?.proxy === undefined) return undefined
  const relay: RelayOptions = {
    ...options,
    origin: new URL(callback.url.replaceAll('{operation}', 'x')).origin,
    answers,
    tracker,
    emit,
    clock,
    time,
    timeoutMs: callback.timeout,
    maxBodyBytes: bytesOf(callback.max_body_size),
    violationFails: settings.violation_status === 'error',
  }
  return createLocalServer({
    id,
    endpoint: callback.proxy,
    tls: undefined,
    telemetry,
    clock,
    handle: (request, response) => relayCallback(relay, request, response),
  })
}
