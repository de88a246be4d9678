import type { AssemblyProfile } from '@spanloom/core'

/** How the assembler treats the fragments of Invictus steps (`invictus.md` section 6.6). */
export const profiles: { readonly invictus: AssemblyProfile } = {
  invictus: {
    end: 'last',
    onRestart: 'ignore',
    orphanUpdate: 'keep',
    late: 'span',
    defaultName: 'invictus step',
    settleMs: 2_000,
    startWaitMs: 30_000,
    idleTimeoutMs: 86_400_000,
    clockSkewMs: 5_000,
  },
}
