import type { Host } from '@spanloom/core'

/** The sockets of a mode. */
export interface Mode {
  start(host: Host): Promise<void>
  /** Takes nothing new and finishes what is under way, for as long as it may. */
  drain(signal: AbortSignal): Promise<void>
  /** Closes everything. */
  close(signal: AbortSignal): Promise<void>
  /** Where the callback proxy listens. */
  readonly callbackAddress: string | undefined
  /** Where WebSocket connections are taken. */
  readonly socketAddress: string | undefined
}
