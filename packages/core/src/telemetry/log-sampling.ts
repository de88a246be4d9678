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

/** Texts that are told apart; beyond it the oldest are forgotten, which only lets more lines through. */
const maxTexts = 4096

/** Decides line by line whether it is written. Time is monotonic, so that clock steps change nothing. */
export function createSampler(
  { tickMs, initial, thereafter }: SamplingSettings,
  clock: Clock,
): (level: string, message: string) => boolean {
  const windows = new Map<string, Window>()
  return (level, message) => {
    const key = `${level} ${message}`
    const now = clock.monotonic()
    let window = windows.get(key)
    if (window === undefined || now >= window.endsAt) {
      windows.delete(key)
      if (windows.size >= maxTexts) {
        const [oldest] = windows.keys()
        if (oldest !== undefined) windows.delete(oldest)
      }
      window = { endsAt: now + tickMs, count: 0 }
      windows.set(key, window)
    }
    window.count++
    if (window.count <= initial) return true
    return thereafter > 0 && (window.count - initial) % thereafter === 0
  }
}
