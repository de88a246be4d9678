import { expect, test } from 'vitest'

import { type Peer, peerMissing } from './peers.ts'

/**
 * Declares tests that need a peer. Where it is missing, one passing test stands in their place, with
 * the reason as its name, so that the report of a run says what the run could not see.
 *
 * ```ts
 * const otelcol = await findOtelcol()
 *
 * describe('otlp_http exporter', () => {
 *   withPeer('otelcol', otelcol, (binary) => {
 *     test('delivers to a Collector', async () => { … startOtelcol({ binary, config, dir }) … })
 *   })
 * })
 * ```
 */
export function withPeer(peer: Peer, path: string | undefined, declareTests: (path: string) => void): void {
  if (path !== undefined) return declareTests(path)
  const reason = peerMissing(peer)
  test(`does not run here: ${reason}`, () => {
    console.info(`Tests against ${peer} do not run here: ${reason}`)
    expect(reason).not.toBe('')
  })
}
