import type { AssemblyProfile } from '@spanloom/core'

/**
 * How the assembler treats spans that were announced when they began (`start_fragments`): the receiver tells of every
 * command's end itself, so that one without an end is one that a crash has left behind.
 */
export const profiles: { readonly websocket_command: AssemblyProfile } = {
  websocket_command: {
    end: 'last',
    onRestart: 'merge',
    defaultName: 'process',
    settleMs: 100,
    idleTimeoutMs: 900_000,
    clockSkewMs: 0,
  },
}
