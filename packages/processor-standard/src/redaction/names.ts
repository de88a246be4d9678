import { EventRegistry } from '@spanloom/orchest'

import { compileNamePattern } from './name-pattern.ts'

/** Stands in place of a name or message that is not known to be harmless. */
export const redactedName = 'redacted'

/** Names of span events that receiver and assembler give. */
const eventNames = ['started', 'ready', 'service-restarted', 'orchest.step.failed', 'spanloom.superseded']

/**
 * What a name, a message or the name of a scope becomes: itself when it is one of Orchest's event types or spans, or
 * matches a pattern of the user, else `redacted`.
 */
export function compileNames(
  allowNames: readonly string[],
  eventTypes: readonly string[],
): (name: string) => string {
  const registry = new EventRegistry()
  const known = new Set([...registry.spanNames(), ...eventNames, ...eventTypes, 'receiver-orchest'])
  const patterns = allowNames.map(compileNamePattern)
  return (name) =>
    name === '' || known.has(name) || patterns.some((matches) => matches(name)) ? name : redactedName
}
