import { AsyncLocalStorage } from 'node:async_hooks'
import { randomFillSync } from 'node:crypto'
import { setTimeout as elapse } from 'node:timers/promises'

import {
  type CallbackOptions,
  type CallbackResult,
  type CallbackSettings,
  type CallbackTime,
  checkCallbackSettings,
  sendCallback,
} from './callback.ts'
import {
  type Command,
  type CommandWarning,
  type MessageInput,
  type MessageLimits,
  readCommand,
} from './command.ts'
import { type CommandContext, contextOf } from './context.ts'
import { CallbackError } from './errors.ts'
import { innerHeaders } from './headers.ts'
import type { RandomBytes } from './identifiers.ts'
import { type LogFields, logFields } from './log-fields.ts'
import { findOpenTelemetry } from './open-telemetry.ts'
import { listen, type MessageSocket, type SocketHandlers } from './socket.ts'
import { noTracer, type TracedCommand } from './tracer.ts'

/** Choices for {@link createKit}; all are optional. */
export interface KitOptions extends MessageLimits {
  readonly callback?: CallbackSettings
  /**
   * Whether commands become spans of `@opentelemetry/api` where that package is installed, so that your own spans hang
   * under them. Default true.
   */
  readonly openTelemetry?: boolean
  /** Told of what is odd in a command, inside its context. */
  readonly onWarning?: (warning: CommandWarning, command: Command) => void
  /** Time and chance, for tests. */
  readonly time?: CallbackTime
  readonly randomBytes?: RandomBytes
}

/** Keeps the context of each command through all that is done for it (`websocket.md` section 6.3). */
export interface Kit {
  /**
   * Reads a message and runs `handler` in the context of its command; what the handler returns is returned. The
   * command's span ends when the handler has returned or its promise is settled.
   *
   * @throws MessageError when the message is no command.
   */
  run<T>(message: MessageInput, handler: (command: Command) => T): T
  /** Runs every message of a `ws` socket; the returned function stops that. */
  wrap(socket: MessageSocket, handlers: SocketHandlers): () => void
  /** The command that is being worked on here; `undefined` outside of one. Never throws. */
  current(): CommandContext | undefined
  /** For pino's option `mixin`: every line carries `trace-id`, `rID`, `operation`, `trace_id`, `span_id`, `trace_flags`. */
  pinoMixin(): () => LogFields
  /** The same fields for other loggers; none outside of a command. */
  logFields(): LogFields
  /**
   * Headers for calls to inner services: `trace-id`, `span-id` of the span that calls, `traceparent`.
   *
   * @throws CallbackError `NO_CONTEXT` outside of a command.
   */
  headers(): Record<string, string>
  /**
   * Sends the result of the command to the callback URL, with the mandatory `trace-id` exactly as it came.
   *
   * @throws CallbackError
   */
  callback(result: unknown, options?: CallbackOptions): Promise<CallbackResult>
  /** The function tied to the context of this place: for listeners of emitters, pools and batching loaders. */
  bind<Args extends unknown[], Result>(work: (...args: Args) => Result): (...args: Args) => Result
}

const systemTime: CallbackTime = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    await elapse(ms, undefined, signal === undefined ? {} : { signal })
  },
}

/**
 * Makes a kit; one for a process is enough.
 *
 * @throws TypeError for a callback URL or header that cannot be sent.
 */
export function createKit(options: KitOptions = {}): Kit {
  const { callback = {}, onWarning, time = systemTime, randomBytes = systemRandom } = options
  checkCallbackSettings(callback)
  const tracer = (options.openTelemetry === false ? undefined : findOpenTelemetry()) ?? noTracer
  const contexts = new AsyncLocalStorage<CommandContext>()

  /** The context, with the user's own span where one is active. */
  const required = (): CommandContext => {
    const context = contexts.getStore()
    if (context === undefined) {
      throw new CallbackError(
        'NO_CONTEXT',
        'There is no command here: call this inside of kit.run or kit.wrap.',
      )
    }
    return context
  }

  const run = <T>(message: MessageInput, handler: (command: Command) => T, failed?: Failed): T => {
    const command = readCommand(message, options)
    const traced = tracer.begin(command, contextOf(command, time.now(), randomBytes))
    const work = (): T => {
      for (const warning of command.warnings) onWarning?.(warning, command)
      return handler(command)
    }
    const recover = failed && ((error: unknown) => failed(error, command))
    return contexts.run(traced.context, () => traced.run(() => finish(traced, work, recover)))
  }

  const kit: Kit = {
    run: (message, handler) => run(message, handler),
    wrap: (socket, handlers) => listen(socket, run, handlers),
    current: () => contexts.getStore(),
    pinoMixin: () => () => kit.logFields(),
    logFields: () => logFields(contexts.getStore()),
    headers() {
      const context = required()
      return innerHeaders({ ...context, ...tracer.activeSpan(context.otelTraceId) })
    },
    async callback(result, callbackOptions = {}) {
      return sendCallback(result, required(), callback, callbackOptions, time)
    },
    bind: (work) => AsyncLocalStorage.bind(work),
  }
  return kit
}

type Failed = SocketHandlers['failed']

/**
 * Ends the command's span when the work is done, and hands on what the work gives. `recover` sees to a failure first;
 * the span has failed all the same.
 */
function finish<T>(
  traced: TracedCommand,
  work: () => T,
  recover: ((error: unknown) => unknown) | undefined,
): T {
  const fail = (cause: unknown): unknown => {
    try {
      if (recover === undefined) throw cause
      return recover(cause)
    } finally {
      traced.end({ cause })
    }
  }
  let result: T
  try {
    result = work()
  } catch (cause) {
    // Only sockets recover, and nobody looks at what they get.
    return fail(cause) as T
  }
  if (!(result instanceof Promise)) {
    traced.end()
    return result
  }
  const settled: unknown = result.then((value: unknown) => {
    traced.end()
    return value
  }, fail)
  return settled as T
}

const systemRandom: RandomBytes = (size) => randomFillSync(Buffer.allocUnsafe(size))
