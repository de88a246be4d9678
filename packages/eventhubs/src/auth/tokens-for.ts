import type { Clock } from '@spanloom/core'

import type { HubTarget } from '../connection/hub-target.ts'
import { entraTokens } from './entra-tokens.ts'
import { httpTokenCall } from './token-request.ts'
import type { TokenSource } from './token-source.ts'

/**
 * The tokens that a target asks for; `undefined` when a connection string is enough.
 *
 * @throws StartError when a setting is missing.
 */
export async function tokensFor(
  { access }: HubTarget,
  clock: Pick<Clock, 'now'>,
): Promise<TokenSource | undefined> {
  if (access.kind === 'connection') return undefined
  return await entraTokens({ auth: access.auth, call: httpTokenCall(), clock, env: process.env })
}
