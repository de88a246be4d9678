import { registerHooks } from 'node:module'

import * as core from '@spanloom/core'
import * as traces from '@spanloom/core/traces'

import { PluginError } from './plugin-error.ts'

/** Where plugins find the program's own modules. */
const shared = Symbol.for('spanloom.shared')
const scheme = 'spanloom-host:'
const prefix = '@spanloom/core'

const modules: ReadonlyMap<string, object> = new Map<string, object>([
  [prefix, core],
  [`${prefix}/traces`, traces],
])

let isShared = false

/**
 * Gives everything that is loaded from now on the program's own copy of `@spanloom/core`, whether or not it is
 * installed where the plugin is: the plugin's errors and values are then of the program's own classes.
 *
 * A module that hands on what the program has does this in Node.js and in the single-file program alike.
 */
export function shareCore(): void {
  if (isShared) return
  isShared = true
  Object.defineProperty(globalThis, shared, { value: modules })
  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (modules.has(specifier)) {
        return { url: scheme + specifier, format: 'module', shortCircuit: true }
      }
      if (!specifier.startsWith(`${prefix}/`)) return nextResolve(specifier, context)
      try {
        return nextResolve(specifier, context)
      } catch (error) {
        throw notShared(specifier, error)
      }
    },
    load(url, context, nextLoad) {
      const found = url.startsWith(scheme) ? modules.get(url.slice(scheme.length)) : undefined
      if (found === undefined) return nextLoad(url, context)
      return { format: 'module', source: handingOn(url.slice(scheme.length), found), shortCircuit: true }
    },
  })
}

/** A module that exports what the program's module of that name exports. */
function handingOn(name: string, module: object): string {
  const names = Object.keys(module).filter((key) => key !== 'default')
  return `export const { ${names.join(', ')} } = globalThis[Symbol.for('spanloom.shared')].get(${JSON.stringify(name)})`
}

function notShared(specifier: string, cause: unknown): PluginError {
  if (specifier === `${prefix}/testing`) {
    return new PluginError(
      `it imports ${specifier}, which is for tests and not part of a program that runs`,
      `Import it in test files only.`,
      { cause },
    )
  }
  return new PluginError(`it imports ${specifier}, which does not exist`, `Import from ${prefix}.`, { cause })
}
