import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Socket } from 'node:net'

/** Sees the sockets that a library opens on our behalf, without a word of the library about them. */
export interface SocketWatch {
  /** Runs `work`; every socket that it opens, then or later, is ours. */
  run<T>(work: () => T): T
  /**
   * Runs `work`, which sockets of ours have brought about, but whose own sockets are not ours: the pipeline behind a
   * received event, or a request for a token.
   */
  outside<T>(work: () => T): T
  /** Aborts when a connection that is open now has ended: outcomes that were awaited on it will never come. */
  readonly lost: AbortSignal
  /** Connections that were opened so far. */
  readonly opened: number
  /** Sees no more sockets. */
  close(): void
}

const channel = 'net.client.socket'
const owners = new AsyncLocalStorage<((socket: Socket) => void) | undefined>()
let watching = 0

/**
 * The SDK of Azure leaves Nagle's algorithm on, which costs up to a delayed acknowledgement for each batch, and it
 * notices a lost connection only when the time for the outcome is over (`eventhubs.md` sections 0.7 and 4.2). Node
 * tells of each new socket; whose it is follows from the asynchronous context, so sockets of others are left alone.
 */
export function watchSockets(): SocketWatch {
  let lost = new AbortController()
  let opened = 0
  let closed = false
  if (watching++ === 0) subscribe(channel, onSocket)

  const own = (socket: Socket): void => {
    opened++
    socket.setNoDelay(true)
    socket.once('close', () => {
      const ended = lost
      lost = new AbortController()
      ended.abort(new Error('The connection was lost.'))
    })
  }

  return {
    run: (work) => owners.run(own, work),
    outside: (work) => owners.run(undefined, work),
    get lost() {
      return lost.signal
    },
    get opened() {
      return opened
    },
    close() {
      if (closed) return
      closed = true
      if (--watching === 0) unsubscribe(channel, onSocket)
    },
  }
}

function onSocket(message: unknown): void {
  if (typeof message !== 'object' || message === null || !('socket' in message)) return
  if (message.socket instanceof Socket) owners.getStore()?.(message.socket)
}
