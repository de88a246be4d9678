import type { AssemblyProfile } from '@spanloom/core'

const month = 720 * 3_600_000

const valuestream: AssemblyProfile = {
  onRestart: 'merge',
  end: 'first',
  orphanUpdate: 'drop',
  maxSpanEvents: 128,
  idleTimeoutMs: month,
  tombstoneTtlMs: month,
}

/**
 * How the assembler treats the fragments of this receiver (`valuestream.md` section 5.3): issues live for weeks, and
 * a deploy should find its merged pull request.
 */
export const profiles: {
  readonly valuestream: AssemblyProfile
  /** What ends again under its old id: GitLab pipelines, GitHub deployments. */
  readonly 'valuestream.rerun': AssemblyProfile
  /** Phases that only the next one ends. */
  readonly 'valuestream.phase': AssemblyProfile
} = {
  valuestream,
  'valuestream.rerun': { ...valuestream, end: 'last' },
  'valuestream.phase': {
    onRestart: 'close',
    end: 'first',
    late: 'drop',
    rerunLink: false,
    clockSkewMs: 0,
    idleTimeoutMs: month,
    tombstoneTtlMs: month,
  },
}
