import { Buffer } from 'node:buffer'

/** Number of buckets of the hash mode. */
const buckets = 0x4000

/**
 * Whether the reference collector's `hash_seed` mode keeps a trace: FNV-1a (32 bits) over the seed, as four
 * little-endian bytes, and the bytes of the trace id, in 16,384 buckets.
 */
export function keptByHash(traceId: string, seed: number, percentage: number): boolean {
  let hash = 0x811c9dc5
  const mix = (byte: number): void => {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  }
  for (let shift = 0; shift < 32; shift += 8) mix((seed >>> shift) & 0xff)
  for (const byte of Buffer.from(traceId, 'hex')) mix(byte)
  return (hash & (buckets - 1)) < Math.trunc((percentage * buckets) / 100)
}
