import type { EventHubClientOptions } from '@azure/event-hubs'
import { SpanloomError } from '@spanloom/core'

import { formatConnectionString, parseConnectionString } from '../../connection/connection-string.ts'
import { maskSecrets } from '../../errors/hub-error.ts'

/** A hub and the key to it. */
export interface HubAccess {
  readonly connectionString: string
  /** Name of the hub. Default: the `EntityPath` of the connection string. */
  readonly hub?: string | undefined
}

/** Short enough for somebody who waits at a terminal. */
export const patience: EventHubClientOptions = {
  retryOptions: { maxRetries: 2, retryDelayInMs: 500, timeoutInMs: 10_000 },
}

/**
 * The connection string of a hub, in the form that the official client takes.
 *
 * @throws StartError when the string is none, SpanloomError `HUB_MISSING` when no hub is named.
 */
export function connectionStringOf({ connectionString, hub }: HubAccess): string {
  const parsed = parseConnectionString(connectionString)
  const name = hub ?? parsed.hub
  if (name === undefined) {
    throw new SpanloomError('HUB_MISSING', 'no event hub is named', {
      hint: 'Add EntityPath to the connection string, or name the hub beside it.',
    })
  }
  return formatConnectionString(parsed, name)
}

/** The error of a client in one line, the last one where it tried several times, without secrets. */
export function clientError(error: unknown): Error {
  if (error instanceof SpanloomError) return error
  const last: unknown = error instanceof AggregateError ? (error.errors.at(-1) ?? error) : error
  const text = last instanceof Error ? last.message : String(last)
  return new SpanloomError('EVENT_HUB_FAILED', `the event hub cannot be used: ${maskSecrets(text)}`)
}
