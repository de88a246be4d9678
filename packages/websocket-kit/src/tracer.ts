import type { Command } from './command.ts'
import type { CommandContext } from './context.ts'

/** Shows commands to a tracing library, so that the user's own spans hang under them. */
export interface CommandTracer {
  /** Starts the command's span. */
  begin(command: Command, context: CommandContext): TracedCommand
  /** The span that is active now, when it belongs to this trace. */
  activeSpan(otelTraceId: string): { readonly spanId: string; readonly sampled: boolean } | undefined
}

/** One command under way. */
export interface TracedCommand {
  /** The context with the ids that the tracing library chose. */
  readonly context: CommandContext
  /** Runs a function with the command's span active. */
  run<T>(work: () => T): T
  /** Ends the command's span, as failed when there is an error. */
  end(error?: { readonly cause: unknown }): void
}

/** Without a tracing library there is nobody to show anything to. */
export const noTracer: CommandTracer = {
  begin: (_command, context) => ({ context, run: (work) => work(), end: () => {} }),
  activeSpan: () => undefined,
}
