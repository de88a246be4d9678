import type { ReloadIssue, ReloadOutcome } from '../component/reload-outcome.ts'
import { issuesToJson, renderIssues } from '../config/render-issues.ts'
import { ConfigError } from '../errors/config-error.ts'
import { SpanloomError } from '../errors/errors.ts'
import { excerptField } from '../telemetry/console-line.ts'
import { errorText } from '../telemetry/log-fields.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { ReloadPlan } from './reload-plan.ts'

/** Says in the log why a configuration was not taken, with an excerpt for each fault (RLD-02). */
export function reportFailure(error: unknown, logger: Logger): ReloadOutcome {
  const issues = issuesOf(error)
  const excerpt = error instanceof ConfigError ? renderIssues(error.issues, { color: false }) : undefined
  const hint = error instanceof SpanloomError ? error.hint : undefined
  const message =
    error instanceof ConfigError
      ? `The configuration has ${issues.length === 1 ? 'a fault' : `${issues.length} faults`}.`
      : errorText(error)
  const facts = error instanceof ConfigError ? { issues, [excerptField]: excerpt } : { error, hint }
  logger.error('Config not updated. The one before goes on.', facts)
  return { outcome: 'failure', message, issues }
}

/** Says in the log what a new configuration has changed (RLD-05). */
export function reportSuccess(plan: ReloadPlan, changed: boolean, logger: Logger): ReloadOutcome {
  const { everything } = plan
  const outcome = {
    outcome: 'success',
    everything,
    restarted: names(plan, 'replaced'),
    started: names(plan, 'added'),
    stopped: names(plan, 'removed'),
  } as const
  const { restarted, started, stopped } = outcome
  if (everything) logger.info('Service restarted.')
  else if (changed) logger.info('Config updated.', { restarted, started, stopped })
  else logger.info('Config read again. It is the same.')
  return outcome
}

function names({ extensions, nodes }: ReloadPlan, what: 'replaced' | 'added' | 'removed'): readonly string[] {
  return [...[...extensions[what]].map((id) => `extension:${id}`), ...nodes[what]]
}

function issuesOf(error: unknown): readonly ReloadIssue[] {
  if (error instanceof ConfigError) return issuesToJson(error.issues)
  const code = error instanceof SpanloomError ? error.code : 'UNEXPECTED'
  return [{ path: '', code, message: errorText(error) }]
}
