import { type ProcessEvents, SpanloomError } from '@spanloom/core'
import { type Command, InvalidArgumentError } from 'commander'

import type { CliContext } from '../cli-context.ts'

/** Flags that say which hub to talk to. */
export interface HubFlags {
  readonly connectionString?: string
  readonly hub?: string
}

/** Environment variable that is read where no connection string is given, which keeps keys out of process lists. */
const variable = 'EVENTHUB_CONNECTION_STRING'

export function addHubFlags(command: Command): Command {
  return command
    .option('--connection-string <text>', `of the namespace or hub (default: the variable ${variable})`)
    .option('--hub <name>', 'the event hub (default: EntityPath of the connection string)')
}

/** The hub that the flags name. Throws SpanloomError when there is no connection string. */
export function accessOf(
  { connectionString, hub }: HubFlags,
  { env }: CliContext,
): { readonly connectionString: string; readonly hub?: string } {
  const text = connectionString ?? env[variable]
  if (text === undefined || text === '') {
    throw new SpanloomError('CONNECTION_STRING_MISSING', 'there is no connection string', {
      hint: `Set ${variable}, or give --connection-string; "spanloom eventhub serve" prints one.`,
    })
  }
  return { connectionString: text, ...(hub !== undefined && { hub }) }
}

/** Reads a port number for commander. */
export function portOf(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new InvalidArgumentError(`"${text}" is no port between 0 and 65535.`)
  }
  return Number(text)
}

/** Reads a count of at least 1 for commander. */
export function countOf(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError(`"${text}" is no number of at least 1.`)
  return Number(text)
}

/** Aborts when the process is asked to stop; `dispose` stops listening. */
export function stopSignal(events: ProcessEvents): Disposable & { readonly signal: AbortSignal } {
  const stop = new AbortController()
  const onSignal = (): void => stop.abort()
  for (const name of ['SIGINT', 'SIGTERM']) events.on(name, onSignal)
  return {
    signal: stop.signal,
    [Symbol.dispose]() {
      for (const name of ['SIGINT', 'SIGTERM']) events.off(name, onSignal)
    },
  }
}
