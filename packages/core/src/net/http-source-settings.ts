import type { ConfigOf } from '../schema/schema.ts'
import type { httpServerSettings } from './http-server-settings.ts'

/** Settings of receivers on {@link httpSource} beside `httpServerSettings` (section 13). */
export const httpSourceSettings = {
  path: { type: 'string', pattern: '^/', default: '/', description: 'Path that takes the events.' },
  health_path: {
    type: 'string',
    pattern: '^/',
    default: '/health',
    description: 'Path that answers whether the receiver is up.',
  },
  required_headers: {
    type: 'object',
    additionalProperties: { type: 'string', secret: true },
    description: 'Headers that a request must carry with exactly these values; others are answered with 401.',
  },
} as const

/** Parsed settings that `httpSource` needs; a receiver may have more. */
export type HttpSourceConfig = ConfigOf<{
  readonly type: 'object'
  readonly properties: typeof httpServerSettings & typeof httpSourceSettings
}>
