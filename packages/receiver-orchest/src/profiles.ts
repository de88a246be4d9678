import type { AssemblyProfile } from '@spanloom/core'

const week = 7 * 86_400_000

/** How the assembler treats Orchest's fragments (`orchest.md` 3.6). */
export const profiles: { readonly orchest: AssemblyProfile; readonly orchest_slot: AssemblyProfile } = {
  // A cancelled cron run may "succeed" afterwards, even twice: the first ending stands.
  orchest: { end: 'first', clockSkewMs: 0, settleMs: 5_000, idleTimeoutMs: week },
  // One key names many sessions or builds, one after the other.
  orchest_slot: {
    end: 'new',
    onRestart: 'abandon',
    rerunLink: false,
    clockSkewMs: 0,
    settleMs: 5_000,
    idleTimeoutMs: week,
  },
}
