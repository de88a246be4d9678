import type { Member } from './member.ts'

/**
 * Whether the next instance of a component may start while this one still works. Where it may, a reload needs no
 * pause, and one that fails has disturbed nothing; where it may not, calls wait until the old instance has stopped.
 *
 * Whoever keeps data in a storage or owns a file cannot share it. The definition says so (`overlaps`); where it is
 * silent, a receiver may if it listens through the collector's sockets, an exporter may not, and the others may.
 */
export function mayOverlap({ kind, config, host, component }: Member): boolean {
  if (host.stores || ('storage' in component && component.storage !== undefined)) return false
  const { overlaps } = config.factory
  if (overlaps !== undefined) return overlaps
  if (kind === 'receiver') return host.listens
  return kind !== 'exporter'
}
