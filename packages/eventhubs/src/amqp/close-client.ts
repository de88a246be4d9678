import { untilAborted } from '../signals/until-aborted.ts'
import type { SocketWatch } from './socket-watch.ts'

/**
 * Closes a client of the SDK and waits until it is done, its connection is lost or `signal` aborts. The SDK itself
 * waits for ever when the connection is lost while it says goodbye.
 */
export async function closeClient(
  client: { close(): Promise<void> },
  sockets: SocketWatch,
  signal: AbortSignal,
): Promise<void> {
  const { lost } = sockets
  await untilAborted(untilAborted(Promise.allSettled([client.close()]), lost), signal)
  sockets.close()
}
