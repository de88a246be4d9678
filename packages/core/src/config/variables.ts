import { closest } from '../schema/closest.ts'
import { inMessage } from '../schema/issue.ts'
import type { Path } from '../schema/issue.ts'
import { type Fault, FaultError } from './faults.ts'
import type { Place } from './node.ts'
import { parseVariable } from './reference.ts'

const namePattern = /^[a-zA-Z_][a-zA-Z0-9_]*$/

/** Looks up environment variables for references and keeps account of the missing ones. */
export class Variables {
  readonly faults: Fault[] = []
  readonly warnings: Fault[] = []
  readonly notices: Fault[] = []
  readonly #env: Readonly<Record<string, string | undefined>>
  readonly #strict: boolean
  readonly #told = new Set<string>()

  constructor(env: Readonly<Record<string, string | undefined>>, strict: boolean) {
    this.#env = env
    this.#strict = strict
  }

  /**
   * Text of `NAME` or `NAME:-default` (CFG-52, CFG-53); empty when the variable is unset or empty.
   *
   * @throws FaultError when the name cannot be that of a variable (CFG-51).
   */
  resolve(body: string, path: Path, place: Place): string {
    const { name, fallback } = parseVariable(body)
    if (!namePattern.test(name)) {
      const message = `environment variable "${inMessage(name)}" has invalid name: must match regex ${namePattern.source}`
      const suggestion = namedLike(name)
      throw new FaultError({ code: 'invalid_variable_name', path, message, suggestion })
    }
    const value = Object.hasOwn(this.#env, name) ? this.#env[name] : undefined
    if (value === undefined && fallback !== undefined) return fallback
    if (value === undefined) this.#tellUnset(name, path, place)
    else if (value === '') {
      const message = `Configuration references empty environment variable "${name}"`
      this.#tell(this.notices, { code: 'empty_variable', path, message, place })
    }
    return value ?? ''
  }

  /** A fault of a value in which an unset variable stands is mended by setting that. */
  explain(faults: Fault[]): void {
    for (const { code, path, message } of this.warnings) {
      const name = code === 'unset_variable' ? /"(\w+)"$/.exec(message)?.[1] : undefined
      const key = JSON.stringify(path)
      for (const [index, fault] of name === undefined ? [] : faults.entries()) {
        if (JSON.stringify(fault.path) !== key) continue
        faults[index] = {
          ...fault,
          suggestion: `Set the variable ${name}: it stands in this value, and is not set.`,
        }
      }
    }
  }

  #tellUnset(name: string, path: Path, place: Place): void {
    const nearest = closest(name, Object.keys(this.#env))
    this.#tell(this.#strict ? this.faults : this.warnings, {
      code: 'unset_variable',
      path,
      message: `Configuration references unset environment variable "${name}"`,
      place,
      suggestion: nearest ?? `Set it, or give a default: \${env:${name}:-text}.`,
    })
  }

  #tell(list: Fault[], fault: Fault): void {
    const key = JSON.stringify([fault.path, fault.message])
    if (this.#told.has(key)) return
    this.#told.add(key)
    list.push(fault)
  }
}

/** The reference that was probably meant: `env` without its colon, and other characters for underscores. */
function namedLike(name: string): string {
  const meant = name.replace(/^env\./i, '').replaceAll(/\W/g, '_')
  return namePattern.test(meant) && meant.length < 100
    ? `\${env:${meant}}`
    : 'A reference to a variable has the form ${env:NAME}.'
}
