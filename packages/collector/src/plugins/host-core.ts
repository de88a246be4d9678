import { registerHooks } from 'node:module'

import * as core from '@spanloom/core'
import * as traces from '@spanloom/core/traces'

import { PluginError } from './plugin-error.ts'

type Modules = ReadonlyMap<string, object>

/** Where plugins find the program's own modules; two copies of the program in one process have two. */
const shared = Symbol.for('spanloom.shared')
const prefix = '@spanloom/core'

const modules: Modules = new Map<string, object>([
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
  const copies: Modules[] = Reflect.get(globalThis, shared) ?? []
  Reflect.set(globalThis, shared, copies)
  const copy = copies.push(modules) - 1
  const scheme = `spanloom-host-${copy}:`
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
      const source = handingOn(copy, url.slice(scheme.length), found)
      return { format: 'module', source, shortCircuit: true }
    },
  })
}

/** A module that exports what the program's module of that name exports. */
function handingOn(copy: number, name: string, module: object): string {
  const names = Object.keys(module).filter((key) => key !== 'default')
  const from = `globalThis[Symbol.for('spanloom.shared')][${copy}].get(${JSON.stringify(name)})`
  return `export const { ${names.join(', ')} } = ${from}`
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
