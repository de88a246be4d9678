import type { Explanation } from './origins/origins.ts'
import type { SentSpan } from './outcome.ts'
import type { Trial } from './trial.ts'

/** All there is to tell about payloads. */
export interface Explained {
  readonly trial: Trial
  readonly sent: readonly SentSpan[]
  /** Absent where nobody asked for it. */
  readonly explanation: Explanation | undefined
}
