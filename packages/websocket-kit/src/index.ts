export { createKit, type Kit, type KitOptions } from './kit.ts'
export type { CallbackOptions, CallbackResult, CallbackSettings, CallbackTime } from './callback.ts'
export {
  type Command,
  type CommandWarning,
  type MessageInput,
  type MessageLimits,
  readCommand,
} from './command.ts'
export type { CommandContext } from './context.ts'
export { CallbackError, type CallbackFault, MessageError, type MessageFault } from './errors.ts'
export type { RandomBytes, TraceIdDerivation } from './identifiers.ts'
export type { LogFields } from './log-fields.ts'
export type { RetryOptions } from './retry.ts'
export type { SignatureOptions } from './signature.ts'
export type { MessageSocket, SocketHandlers } from './socket.ts'
