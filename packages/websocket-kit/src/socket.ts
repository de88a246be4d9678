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

/** Runs one message as a command; see `Kit.run`. */
export type RunMessage = <T>(message: MessageInput, handler: (command: Command) => T) => T

/** Listens to a socket until the returned function is called. */
export function listen(socket: MessageSocket, run: RunMessage, handlers: SocketHandlers): () => void {
  const onMessage = (data: MessageInput): void => {
    try {
      run(data, (command) => deal(command, handlers))
    } catch (error) {
      if (!(error instanceof MessageError)) throw error
      handlers.ignored?.(error)
    }
  }
  socket.on('message', onMessage)
  return () => {
    socket.off('message', onMessage)
  }
}

/** The failure is reported inside the command's context, so that its log line carries the ids. */
function deal(command: Command, { command: handle, failed }: SocketHandlers): unknown {
  if (failed === undefined) return handle(command)
  try {
    const result = handle(command)
    if (!(result instanceof Promise)) return result
    return result.catch((error: unknown) => failed(error, command))
  } catch (error) {
    return failed(error, command)
  }
}
