import type { AnyFactory, ComponentKind } from '@spanloom/core'

import { kinds, type MarkedComponent } from './marker.ts'
import { PluginError } from './plugin-error.ts'

/**
 * The component that a module exports for what its package says.
 *
 * @throws PluginError when there is none, or another one.
 */
export function pickFactory(
  module: unknown,
  { kind, type, export: name }: Pick<MarkedComponent, 'kind' | 'type' | 'export'>,
): AnyFactory {
  const usual = `${camelCase(type)}${kind.charAt(0).toUpperCase()}${kind.slice(1)}`
  const exported = exportsOf(module)
  const wanted = name === undefined ? ['default', usual] : [name]
  const candidates = [...wanted.map((key) => exported.get(key)), ...(name === undefined ? [module] : [])]
  const factories = candidates.filter((candidate) => isFactory(candidate))
  const fitting = factories.find((factory) => factory.kind === kind && factory.type === type)
  if (fitting !== undefined) return fitting
  const [other] = factories
  if (other !== undefined) {
    throw new PluginError(
      `its package.json names the ${kind} "${type}", and its code exports the ${other.kind} "${other.type}"`,
      'Make both say the same.',
    )
  }
  const there = [...exported.keys()].slice(0, 20).map((key) => `"${key}"`)
  throw new PluginError(
    `its code exports no component as ${wanted.map((key) => `"${key}"`).join(' or ')}${there.length === 0 ? '' : ` (it exports ${there.join(', ')})`}`,
    adviceFor(kind),
  )
}

/**
 * All components that a module exports, each once.
 *
 * @throws PluginError when there is none.
 */
export function allFactories(module: unknown): readonly AnyFactory[] {
  const found = new Set([module, ...exportsOf(module).values()].filter((value) => isFactory(value)))
  if (found.size === 0) throw new PluginError('it exports no component', adviceFor('receiver'))
  return [...found]
}

function adviceFor(kind: ComponentKind): string {
  const make = `define${kind.charAt(0).toUpperCase()}${kind.slice(1)}`
  return `Export what ${make} of @spanloom/core returns.`
}

function exportsOf(module: unknown): ReadonlyMap<string, unknown> {
  const isObject = (typeof module === 'object' && module !== null) || typeof module === 'function'
  return new Map<string, unknown>(isObject ? Object.entries(module) : [])
}

/** The factory may be of another copy of the core, so its parts are what counts. */
function isFactory(value: unknown): value is AnyFactory {
  if (typeof value !== 'object' || value === null) return false
  const { kind, type, schema, create, validate }: Partial<Record<string, unknown>> = { ...value }
  return (
    kinds.some((known) => known === kind) &&
    typeof type === 'string' &&
    typeof schema === 'object' &&
    schema !== null &&
    typeof create === 'function' &&
    typeof validate === 'function'
  )
}

function camelCase(type: string): string {
  return type.replaceAll(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
