import type { StatusEvent, StatusKind } from './status.ts'

/** Which errors of components count as errors of the whole. */
export interface AggregationOptions {
  readonly includePermanentErrors?: boolean
  readonly includeRecoverableErrors?: boolean
}

const usualOrder: readonly StatusKind[] = [
  'FatalError',
  'PermanentError',
  'RecoverableError',
  'Stopping',
  'Stopped',
  'Starting',
  'None',
  'OK',
]
const recoverableFirst: readonly StatusKind[] = [
  'FatalError',
  'RecoverableError',
  'PermanentError',
  ...usualOrder.slice(3),
]

/**
 * The event that stands for several components: the gravest, and of equals the latest (section 11.2).
 * `undefined` for no components. When only recoverable errors are included they outrank permanent ones,
 * so that the error which decides about health is the one that shows.
 */
export function aggregateStatus(
  events: Iterable<StatusEvent>,
  { includePermanentErrors = false, includeRecoverableErrors = false }: AggregationOptions = {},
): StatusEvent | undefined {
  const order = includeRecoverableErrors && !includePermanentErrors ? recoverableFirst : usualOrder
  let chosen: StatusEvent | undefined
  for (const event of events) {
    const rank = order.indexOf(event.kind)
    const best = chosen === undefined ? Number.POSITIVE_INFINITY : order.indexOf(chosen.kind)
    if (rank < best || (rank === best && chosen !== undefined && event.at > chosen.at)) chosen = event
  }
  return chosen
}
