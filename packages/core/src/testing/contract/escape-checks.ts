import { PermanentError, RetryableError } from '../../errors/errors.ts'
import { demand, inWords } from './demand.ts'
import { escapedDuring } from './escaped-errors.ts'

/** What a next stage may answer, in turn: it takes, is busy, refuses for good, breaks. */
export const refusals: readonly (Error | undefined)[] = [
  undefined,
  new RetryableError('QUEUE_FULL', 'The queue is full.'),
  new PermanentError('DATA_REFUSED', 'Nobody will ever want this.'),
  new Error('A fault of ours.'),
]

/** How long the clock runs on while a component is watched, so that its timers fire; in milliseconds. */
export const watchedMs = 10_000

/** An error that nobody catches ends the whole collector, with all its other components. */
export async function demandNothingEscapes(life: () => Promise<void>): Promise<void> {
  const [first] = await escapedDuring(life)
  demand(first === undefined, `Nobody catches an error of the component: ${inWords(first)}${placeOf(first)}`)
}

/** Where an error was made, as the first line of its stack says. */
function placeOf(error: unknown): string {
  const line =
    error instanceof Error ? error.stack?.split('\n').find((text) => /^\s+at /.test(text)) : undefined
  return line === undefined ? '' : ` (${line.trim()})`
}
