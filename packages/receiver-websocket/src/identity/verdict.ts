import { isRepresentable } from './header-value.ts'
import { derivedFrom } from './trace-id.ts'

/** What became of the trace id on the way back (`websocket.md` section 4). */
export type Verdict =
  | 'uncorrelated'
  | 'not_applicable'
  | 'unexpected'
  | 'unrepresentable'
  | 'missing'
  | 'duplicated'
  | 'match'
  | 'case_changed'
  | 'reformatted'
  | 'normalized'
  | 'swapped'
  | 'changed'

const harmless: ReadonlySet<Verdict> = new Set(['uncorrelated', 'not_applicable', 'duplicated', 'match'])

/** Whether the contract was broken. */
export const isViolation = (verdict: Verdict): boolean => !harmless.has(verdict)

/**
 * Compares the values of the header that came back with the id that went out; the first rule that fits wins.
 * `isOther` tells whether a text is the id of another open command of the same tenant.
 */
export function judge(
  expected: string | undefined,
  values: readonly string[],
  isOther: (text: string) => boolean = () => false,
): Verdict {
  const given = values.filter((value) => value !== '')
  if (expected === undefined || expected === '') return given.length === 0 ? 'not_applicable' : 'unexpected'
  if (!isRepresentable(expected)) return 'unrepresentable'
  const [value] = given
  if (value === undefined) return 'missing'
  if (values.length > 1) return values.every((each) => each === expected) ? 'duplicated' : 'changed'
  if (value === expected) return 'match'
  if (value.toLowerCase() === expected.toLowerCase()) return 'case_changed'
  if (bare(value) === bare(expected)) return 'reformatted'
  if (value === derivedFrom(expected).traceId) return 'normalized'
  return isOther(value) ? 'swapped' : 'changed'
}

const bare = (text: string): string => text.replaceAll(/[\s"'{}-]/g, '').toLowerCase()
