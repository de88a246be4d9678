import type { Clock, OutputStream } from '@spanloom/core'

/** How far something has come. */
export interface Progress {
  readonly text: string
  /** What is done of it, 0 to 1; absent where nobody knows. */
  readonly share?: number
  /** Where there is no terminal, a line is written at once when this changes. */
  readonly step?: string
}

/** Tells a person, or a log, how far something has come. */
export interface ProgressLine {
  readonly show: (progress: Progress) => void
  /** A sentence of its own. */
  readonly say: (sentence: string) => void
  /** Nothing more is told. */
  readonly end: () => void
}

/** How often it is told. */
export interface ProgressIntervals {
  /** Milliseconds between two lines. */
  readonly lineMs?: number
  /** Milliseconds between two states of the bar; 0 shows every one. */
  readonly barMs?: number
}

const barWidth = 20

/** A bar that is written over itself on a terminal; elsewhere a line now and then. */
export function progressLine(
  stream: OutputStream,
  clock: Clock,
  { lineMs = 5_000, barMs = 0 }: ProgressIntervals = {},
): ProgressLine {
  const live = stream.isTTY === true
  let last = clock.monotonic()
  let lastStep: string | undefined
  let shown = false

  const clear = (): void => {
    if (shown) stream.write('\r\u001B[K')
    shown = false
  }
  const say = (sentence: string): void => {
    clear()
    stream.write(`${harmless(sentence)}\n`)
  }
  return {
    show(progress) {
      const now = clock.monotonic()
      if (live) {
        if (shown && now - last < barMs) return
        last = now
        stream.write(`\r\u001B[K${barOf(progress)}${harmless(progress.text)}`)
        shown = true
        return
      }
      if (progress.step === lastStep && now - last < lineMs) return
      last = now
      lastStep = progress.step
      say(progress.text)
    },
    say,
    end: clear,
  }
}

function barOf({ share }: Progress): string {
  if (share === undefined) return ''
  const full = Math.floor(Math.min(1, Math.max(0, share)) * barWidth)
  return `[${'#'.repeat(full)}${'-'.repeat(barWidth - full)}] `
}

/** Names come from outside; what they hold cannot move the cursor. */
function harmless(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
}
