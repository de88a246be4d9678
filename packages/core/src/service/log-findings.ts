import type { CollectorConfig } from '../config/collector-config.ts'
import type { ConfigIssue } from '../errors/config-error.ts'
import type { Logger } from '../telemetry/logger.ts'

/** Logs what works in a configuration but deserves a look. */
export function logFindings({ warnings, notices }: CollectorConfig, logger: Logger): void {
  for (const issue of warnings) logger.warn(issue.message, placeOf(issue))
  for (const issue of notices) logger.info(issue.message, placeOf(issue))
}

function placeOf({ source, line, column, path }: ConfigIssue): Readonly<Record<string, unknown>> {
  return { ...(path.length === 0 ? {} : { path: path.join('::') }), source, line, column }
}
