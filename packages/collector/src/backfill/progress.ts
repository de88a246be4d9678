import type { Clock, OutputStream } from '@spanloom/core'
import type { BackfillProgress, WaitReason } from '@spanloom/receiver-valuestream/backfill'

/** Tells a person, or a log, how far a back-fill has come. */
export interface ProgressReport {
  /** A page was read. */
  page(progress: BackfillProgress): void
  /** Reading pauses. */
  wait(ms: number, reason: WaitReason, detail: string): void
  /** A sentence of its own. */
  say(sentence: string): void
  /** Nothing more is told. */
  end(): void
}

const lineIntervalMs = 5_000
/** Shorter pauses are nobody's business. */
const longWaitMs = 3_000
const barWidth = 20

const reasons: Readonly<Record<WaitReason, string>> = {
  rate_limit: 'the rate limit',
  secondary_limit: 'the secondary rate limit',
  failure: 'another attempt',
}

/** A bar that is written over itself on a terminal; elsewhere a line now and then. */
export function progressReport(stream: OutputStream, clock: Clock): ProgressReport {
  const live = stream.isTTY === true
  let last = -Infinity
  let lastStream = ''
  let shown = false

  const clear = (): void => {
    if (shown) stream.write('\r\u001B[K')
    shown = false
  }
  const say = (sentence: string): void => {
    clear()
    stream.write(`${sentence}\n`)
  }
  return {
    page(progress) {
      if (live) {
        stream.write(`\r\u001B[K${barOf(progress)}`)
        shown = true
        return
      }
      const now = clock.monotonic()
      if (progress.stream === lastStream && now - last < lineIntervalMs) return
      last = now
      lastStream = progress.stream
      say(textOf(progress))
    },
    wait(ms, reason, detail) {
      if (ms < longWaitMs) return
      say(`Waiting ${Math.ceil(ms / 1000)} s for ${reasons[reason]}. ${detail}`.trim())
    },
    say,
    end: clear,
  }
}

function barOf(progress: BackfillProgress): string {
  const { streamsDone, streams } = progress
  const full = streams === 0 ? barWidth : Math.floor((streamsDone / streams) * barWidth)
  return `[${'#'.repeat(full)}${'-'.repeat(barWidth - full)}] ${textOf(progress)}`
}

/** Names come from the command line; what they hold cannot move the cursor. */
function textOf({ stream, streamsDone, streams, items, fragments }: BackfillProgress): string {
  const name = stream.replaceAll(/[^\x20-\x7e]/g, '?')
  return `${streamsDone}/${streams} ${name}: ${items} items read, ${fragments} fragments`
}
