import type { ConfigIssue } from '../errors/config-error.ts'
import type { Path } from '../schema/issue.ts'
import type { Place } from './node.ts'

/** An issue with what is known about its position so far. */
export interface Fault extends ConfigIssue {
  /** Exact position, where no path leads to it. */
  readonly place?: Place
  /** The place is one of mended settings, which `path` leads to in the file only if it was written right there. */
  readonly mended?: true
  /** Path of the value to point at, if it is not `path`. */
  readonly target?: Path
}

/** Why reading had to stop. */
export class FaultError extends Error {
  readonly fault: Fault

  constructor(fault: Fault) {
    super(fault.message)
    this.fault = fault
  }
}
