import { type Component, defineReceiver, type ReceiverFactory, tlsClientSettings } from '@spanloom/core'

import { createBridge } from '../bridge/create-bridge.ts'
import { profiles } from '../profiles.ts'
import { checkSettings } from '../settings/check-settings.ts'
import { connectionSettings } from '../settings/connection-settings.ts'
import { exchangeSettings } from '../settings/exchange-settings.ts'
import { protocolSettings } from '../settings/protocol-settings.ts'
import { modeSettings } from '../settings/schema.ts'
import { trackingSettings } from '../settings/tracking-settings.ts'
import { createTap } from '../tap/create-tap.ts'
import { createWorks } from './works.ts'

/** A running receiver. */
export interface WebSocketReceiver extends Component {
  /** Where the integrator posts its answers, `host:port`; `undefined` without a proxy and before the start. */
  readonly callbackAddress: string | undefined
  /** Where WebSocket connections are taken, `host:port`; `undefined` where none are and before the start. */
  readonly socketAddress: string | undefined
}

/** Makes one trace of a command over WebSocket and its answer over HTTP (`websocket.md`). */
export const websocketReceiver: ReceiverFactory<WebSocketReceiver> = defineReceiver({
  type: 'websocket',
  stability: 'beta',
  description: 'Carries or watches commands over WebSocket whose answers come over HTTP, and traces them.',
  schema: {
    type: 'object',
    properties: {
      ...modeSettings,
      ...connectionSettings,
      ...exchangeSettings,
      ...protocolSettings,
      ...trackingSettings,
      tls: tlsClientSettings,
    },
    additionalProperties: false,
  },
  // Two instances would answer the same commands, and the other side may cut the second connection.
  overlaps: false,
  profiles,
  transports: () => ['websocket'],
  validate: checkSettings,
  create(options) {
    const works = createWorks(options)
    const mode = options.config.mode === 'tap' ? createTap(works) : createBridge(works)
    let stopped: Promise<void> | undefined
    return {
      get callbackAddress() {
        return mode.callbackAddress
      },
      get socketAddress() {
        return mode.socketAddress
      },
      async start(host) {
        try {
          await mode.start(host)
        } catch (error) {
          await mode.close(AbortSignal.abort())
          throw error
        }
      },
      shutdown(signal) {
        return (stopped ??= stop(signal))
      },
    }

    async function stop(signal: AbortSignal): Promise<void> {
      await mode.drain(signal)
      works.tracker.shutdown()
      await mode.close(signal)
      works.metrics.flush()
      await works.outlet.close(signal)
    }
  },
})
