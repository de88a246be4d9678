/** A program of someone else that tests and benchmarks talk to where it is available. */
export type Peer = 'cloudevents' | 'kafka' | 'otelcol' | 'proton' | 'rabbitmq' | 'kcat'

const reasons = new Map<Peer, string>()

/** Notes why a peer is not available; the answer of the search is `undefined` then. */
export function reportMissing(peer: Peer, reason: string): undefined {
  reasons.set(peer, reason)
}

/** Why the last search for a peer ended without one, as a sentence. */
export function peerMissing(peer: Peer): string {
  return reasons.get(peer) ?? `Nobody has looked for ${peer} yet.`
}
