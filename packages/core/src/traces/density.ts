import { invalidOtlp } from './invalid.ts'

/** A span with both of its ids takes 28 bytes of protobuf, and more of JSON. */
const bytesPerSpan = 16
/** `{"key":"a","value":{"intValue":"1"}}`, the densest JSON that somebody means, has 18 characters per bracket. */
const charactersPerContainer = 8
/** So many are fine however small they are. */
const allowance = 10_000

/**
 * Refuses bytes that hold more spans and groups than honest spans fit into. A few kilobytes of compressed nothing
 * could otherwise keep the process busy for minutes.
 *
 * @throws PermanentError `INVALID_OTLP` with gRPC status 3
 */
export function checkDensity(spansAndGroups: number, bytes: number): void {
  if (spansAndGroups > bytes / bytesPerSpan + allowance) throw invalidOtlp('there are too many empty spans')
}

/** Refuses a text with so many objects and lists that they would fill the memory once it is parsed. */
export function checkContainers(containers: number, characters: number): void {
  if (containers > characters / charactersPerContainer + allowance) {
    throw invalidOtlp('there are too many empty objects and lists')
  }
}
