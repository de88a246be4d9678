import type { BuildInfo } from '@spanloom/core'

/** This program, as it names itself in logs, metrics and user agents. */
export const buildInfo: BuildInfo = { command: 'spanloom', version: '0.1.0' }
