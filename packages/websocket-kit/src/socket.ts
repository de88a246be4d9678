import type { Command, MessageInput } from './command.ts'
import { MessageError } from './errors.ts'

/** The part of a WebSocket of the `ws` library that the kit needs. */
export interface MessageSocket {
  on(event: 'message', listener: (data: MessageInput) => void): unknown
  off(event: 'message', listener: (data: MessageInput) => void): unknown
}

/** What is done with the messages of a socket. */
export interface SocketHandlers {
  /** Deals with one command, inside its context. */
  readonly command: (command: Command) => unknown
  /** A message that is no command: greetings, answers to heartbeats. Default: passed over. */
  readonly ignored?: (reason: MessageError) => void
  /** A handler threw or rejected. Default: as with any listener, the process learns of it. */
  readonly failed?: (error: unknown, command: Command) => void
}

/** Runs one message as a command; see `Kit.run`. Failures go to `failed`, in the command's context, if it is given. */
export type RunMessage = (
  message: MessageInput,
  handler: (command: Command) => unknown,
  failed: SocketHandlers['failed'],
) => unknown

/** Listens to a socket until the returned function is called. */
export function listen(
  socket: MessageSocket,
  run: RunMessage,
  { command, failed, ignored }: SocketHandlers,
): () => void {
  const onMessage = (data: MessageInput): void => {
    try {
      run(data, command, failed)
    } catch (error) {
      if (!(error instanceof MessageError)) throw error
      ignored?.(error)
    }
  }
  socket.on('message', onMessage)
  return () => {
    socket.off('message', onMessage)
  }
}
