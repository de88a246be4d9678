import type { Clock, OutputStream } from '@spanloom/core'
import type { BackfillProgress, WaitReason } from '@spanloom/receiver-valuestream/backfill'

import { type ProgressLine, progressLine } from '../progress/progress-line.ts'

/** Tells a person, or a log, how far a back-fill has come. */
export interface ProgressReport extends Pick<ProgressLine, 'say' | 'end'> {
  /** A page was read. */
  page(progress: BackfillProgress): void
  /** Reading pauses. */
  wait(ms: number, reason: WaitReason, detail: string): void
}

/** Shorter pauses are nobody's business. */
const longWaitMs = 3_000

const reasons: Readonly<Record<WaitReason, string>> = {
  rate_limit: 'the rate limit',
  secondary_limit: 'the secondary rate limit',
  failure: 'another attempt',
}

export function progressReport(stream: OutputStream, clock: Clock): ProgressReport {
  const line = progressLine(stream, clock)
  return {
    page(progress) {
      const { streamsDone, streams, stream: step } = progress
      line.show({ text: textOf(progress), share: streams === 0 ? 1 : streamsDone / streams, step })
    },
    wait(ms, reason, detail) {
      if (ms < longWaitMs) return
      line.say(`Waiting ${Math.ceil(ms / 1000)} s for ${reasons[reason]}. ${detail}`.trim())
    },
    say: line.say,
    end: line.end,
  }
}

/** Names come from the command line; those of repositories and projects are ASCII. */
function textOf({ stream, streamsDone, streams, items, fragments }: BackfillProgress): string {
  const name = stream.replaceAll(/[^\x20-\x7e]/g, '?')
  return `${streamsDone}/${streams} ${name}: ${items} items read, ${fragments} fragments`
}
