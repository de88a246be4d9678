import { CreateError } from './create-error.ts'

/** The kinds of component that a package can be made for. */
export const kinds = ['receiver', 'processor', 'exporter'] as const

/** A kind of component that a package can be made for. */
export type PluginKind = (typeof kinds)[number]

/** What one component is called in the different places. */
export interface PluginNames {
  readonly kind: PluginKind
  /** In configurations, lower snake_case: `acme_shop`. */
  readonly type: string
  /** On npm: `@acme/spanloom-receiver-acme-shop`. */
  readonly package: string
  /** The part of the package's name after the scope; the folder is called so, too. */
  readonly folder: string
  /** The exported factory: `acmeShopReceiver`. */
  readonly factory: string
}

/** Longest type that a configuration may name. */
const longest = 63

/** What is wrong with a name, as a full sentence; `undefined` for a good one. */
export function nameFault(name: string): string | undefined {
  if (name === '') return 'A plugin needs a name, such as acme.'
  if (name.length > longest) return `The name has ${name.length} characters; ${longest} are allowed.`
  if (/^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$/.test(name)) return undefined
  const better = suggested(name)
  const instead = better === '' ? '' : ` How about "${better}"?`
  return `The name "${name}" must be lower-case letters and digits, with single hyphens between words, and begin with a letter.${instead}`
}

/** What is wrong with an npm scope, as a full sentence; `undefined` for a good one. */
export function scopeFault(scope: string): string | undefined {
  if (/^@[a-z0-9][a-z0-9._-]{0,99}$/.test(scope)) return undefined
  return `The scope "${scope}" must be an @ and lower-case letters, digits, dots and hyphens, such as @acme.`
}

/**
 * All names of a component. The name of the whole package, such as `spanloom-receiver-acme`, is understood, too.
 *
 * @throws CreateError when a name cannot be used.
 */
export function namesOf(name: string, kind: PluginKind, scope?: string): PluginNames {
  const prefix = `spanloom-${kind}-`
  const short = name.startsWith(prefix) ? name.slice(prefix.length) : name
  const fault = nameFault(short) ?? (scope === undefined ? undefined : scopeFault(scope))
  if (fault !== undefined) throw new CreateError(fault)
  const words = short.split(/[-_]/)
  const folder = `${prefix}${words.join('-')}`
  return {
    kind,
    type: words.join('_'),
    package: scope === undefined ? folder : `${scope}/${folder}`,
    folder,
    factory: [...words, kind].map((word, index) => (index === 0 ? word : capitalised(word))).join(''),
  }
}

function suggested(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '')
    .slice(0, longest)
}

const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)
