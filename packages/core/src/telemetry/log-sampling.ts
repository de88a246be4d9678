import type { Clock } from '../clock/clock.ts'

/** How often one sentence may repeat (`logs.sampling`). */
export interface SamplingSettings {
  readonly tickMs: number
  /** Lines of each text that are written in every tick. */
  readonly initial: number
  /** Of those beyond `initial`, every how-manieth is written; 0 = none. */
  readonly thereafter: number
}

interface Window {
  endsAt: number
  count: number
}

/** Texts of one level that are told apart; beyond it the oldest are forgotten, which only lets more lines through. */
const maxTexts = 4096

/** Decides line by line whether it is written. Time is monotonic, so that clock steps change nothing. */
export function createSampler(
  { tickMs, initial, thereafter }: SamplingSettings,
  clock: Clock,
): (level: string, message: string) => boolean {
  const levels = new Map<string, Map<string, Window>>()
  return (level, message) => {
    // Not by one key of both: to make it would cost more than all the rest.
    let windows = levels.get(level)
    if (windows === undefined) levels.set(level, (windows = new Map()))
    const now = clock.monotonic()
    let window = windows.get(message)
    if (window === undefined || now >= window.endsAt) {
      windows.delete(message)
      if (windows.size >= maxTexts) {
        const [oldest] = windows.keys()
        if (oldest !== undefined) windows.delete(oldest)
      }
      window = { endsAt: now + tickMs, count: 0 }
      windows.set(message, window)
    }
    window.count++
    if (window.count <= initial) return true
    return thereafter > 0 && (window.count - initial) % thereafter === 0
  }
}
