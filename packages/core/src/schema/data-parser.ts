import { formatIssue } from '../errors/config-error.ts'
import { PermanentError } from '../errors/errors.ts'
import { check } from './check-config.ts'
import { compiledCheck } from './compiled.ts'
import type { ConfigOf, ConfigSchema } from './schema.ts'

const shownFaults = 5

/**
 * Makes a parser for payloads that come from outside, such as the decoded body of a webhook. The schema is
 * compiled once. Keys that the schema does not name are left out unless it says `additionalProperties: false`;
 * null counts as absent; a section is an object that may be absent.
 *
 * The parser throws a `PermanentError('INVALID_DATA')` that names what is wrong.
 */
export function dataParser<S extends ConfigSchema>(schema: S): (value: unknown) => ConfigOf<S> {
  compiledCheck(schema)
  return (value) => {
    const { config, issues } = check(schema, value, [], { mode: 'data', rootLength: 0 })
    if (issues.length === 0) return config as ConfigOf<S>
    const more = issues.length > shownFaults ? ` (and ${issues.length - shownFaults} more)` : ''
    const faults = issues.slice(0, shownFaults).map((issue) => formatIssue({ ...issue, path: [] }))
    throw new PermanentError('INVALID_DATA', `The data does not fit: ${faults.join('; ')}${more}.`, {
      grpcStatus: 3,
    })
  }
}
