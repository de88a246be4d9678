import { subscribe } from 'node:diagnostics_channel'
import { EventEmitter } from 'node:events'

const channel = 'plt:kafka:instances'
let guarded = false

/**
 * The library reports a socket that fails behind an answer, such as a refused password, as an event of a connection
 * that nobody listens to any longer, which would end the process. Whoever waits for an answer is told in another way.
 */
export function guardConnections(): void {
  if (guarded) return
  guarded = true
  subscribe(channel, (message) => {
    if (typeof message !== 'object' || message === null || !('instance' in message) || !('type' in message))
      return
    if (message.type === 'connection' && message.instance instanceof EventEmitter)
      message.instance.on('error', () => undefined)
  })
}
