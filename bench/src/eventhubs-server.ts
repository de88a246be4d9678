// Process that stands in for the service in the Event Hubs benchmark.
import { startLocalEventHubs, type LocalEventHubs } from '@spanloom/eventhubs/local'

import { serve } from './worker-process.ts'

/** What the benchmark asks of the stand-in. */
export type HubServerRequest =
  | { readonly kind: 'start' }
  /** Fills the hub `read` with events. */
  | { readonly kind: 'fill'; readonly events: number; readonly bytes: number }

export interface HubServerReply {
  /** Connection string of the namespace. */
  readonly connection: string
}

const partitions = 4
let hubs: LocalEventHubs | undefined

serve<HubServerRequest>(async (request) => {
  hubs ??= await startLocalEventHubs({
    hubs: [
      { name: 'read', partitions },
      // What was sent is not looked at; it only must not fill the memory.
      { name: 'send', partitions, retention: 10_000 },
    ],
  })
  if (request.kind === 'fill') {
    const body = Buffer.alloc(request.bytes, 'x')
    for (let index = 0; index < request.events; index++) hubs.append('read', index % partitions, body)
  }
  return { connection: hubs.connectionString() }
})
