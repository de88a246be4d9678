import { ConfigError } from '../errors/config-error.ts'
import { checkConfig } from './check-config.ts'
import type { Path } from './issue.ts'
import type { ConfigOf, ObjectSchema } from './schema.ts'

/**
 * Parses a component's settings: checks them against the schema, fills in defaults and turns durations
 * into milliseconds. The result is deeply frozen plain data.
 *
 * @throws ConfigError with all faults; their paths begin with `path`.
 */
export function parseConfig<S extends ObjectSchema>(schema: S, value: unknown, path: Path = []): ConfigOf<S> {
  const { config, issues } = checkConfig(schema, value, path)
  if (issues.length > 0) throw new ConfigError(issues)
  // The check above is what makes the value one of this type.
  return config as ConfigOf<S>
}
