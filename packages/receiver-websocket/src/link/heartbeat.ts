import type { Clock, Timer } from '@spanloom/core'
import type { WebSocket } from 'ws'

/** How the connection is kept alive; times in milliseconds. */
export interface HeartbeatSettings {
  readonly kind: 'none' | 'ping' | 'text' | 'json'
  readonly message: string
  readonly intervalMs: number
}

/** Sends heartbeats until stopped. */
export function startHeartbeat(socket: WebSocket, settings: HeartbeatSettings, clock: Clock): () => void {
  const { kind, message, intervalMs } = settings
  if (kind === 'none') return () => undefined
  let timer: Timer
  const beat = (): void => {
    timer = clock.schedule(intervalMs, beat)
    if (socket.readyState !== socket.OPEN) return
    if (kind === 'ping') socket.ping(message)
    else socket.send(message)
  }
  timer = clock.schedule(intervalMs, beat)
  return () => timer.cancel()
}

/** Watches for silence. */
export interface Liveness {
  /** Something came in. */
  seen(): void
  stop(): void
}

/** Calls `silent` once nothing has come for `timeoutMs`; 0 switches it off. */
export function watchLiveness(timeoutMs: number, clock: Clock, silent: () => void): Liveness {
  if (timeoutMs <= 0) return { seen: () => undefined, stop: () => undefined }
  let seenAt = clock.monotonic()
  let timer: Timer
  const look = (): void => {
    const left = seenAt + timeoutMs - clock.monotonic()
    if (left <= 0) silent()
    else timer = clock.schedule(left, look)
  }
  timer = clock.schedule(timeoutMs, look)
  return {
    seen: () => void (seenAt = clock.monotonic()),
    stop: () => timer.cancel(),
  }
}
