import type { ConfigOf, tlsClientSettings } from '@spanloom/core'

import type { connectionSettings } from './connection-settings.ts'
import type { exchangeSettings } from './exchange-settings.ts'
import type { protocolSettings } from './protocol-settings.ts'
import type { trackingSettings } from './tracking-settings.ts'

/** What the receiver does. */
export const modeSettings = {
  mode: {
    type: 'string',
    enum: ['bridge', 'tap'],
    default: 'bridge',
    description:
      '`bridge` carries commands to a local HTTP API and its answers back. `tap` passes everything on unchanged, watches, and says whether the trace id came back.',
  },
} as const

/** Parsed settings. */
export type Settings = ConfigOf<{
  readonly type: 'object'
  readonly properties: typeof modeSettings &
    typeof connectionSettings &
    typeof exchangeSettings &
    typeof protocolSettings &
    typeof trackingSettings & { readonly tls: typeof tlsClientSettings }
}>
