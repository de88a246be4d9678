import type { Kit } from './kit.ts'

const levels = ['debug', 'error', 'info', 'log', 'warn'] as const

/** The part of the global `console` that is changed. */
export type PatchedConsole = Pick<Console, (typeof levels)[number]>

/**
 * Puts `[trace-id=…]` in front of what is written to a console while a command is worked on. The returned function
 * takes that back.
 */
export function patchConsole(kit: Pick<Kit, 'logFields'>, target: PatchedConsole = console): () => void {
  const originals = levels.map((level) => [level, target[level]] as const)
  for (const [level, write] of originals) {
    target[level] = (...args: unknown[]) => {
      const { 'trace-id': traceId, trace_id: derived } = kit.logFields()
      const id = traceId ?? derived
      // A line break in an id from outside would forge a line of the log.
      write.apply(
        target,
        id === undefined ? args : [`[trace-id=${JSON.stringify(id).slice(1, -1)}]`, ...args],
      )
    }
  }
  return () => {
    for (const [level, write] of originals) target[level] = write
  }
}
