import {
  checkConfig,
  type ComponentKind,
  type ConfigIssue,
  type ConfigOf,
  type Stability,
} from '@spanloom/core'

/** The kinds of component, in the order in which they are listed. */
export const kinds: readonly ComponentKind[] = ['receiver', 'processor', 'exporter', 'connector', 'extension']

const typePattern = '^[a-z][a-z0-9_]{0,62}$'

const markerSchema = {
  type: 'object',
  properties: {
    apiVersion: { type: 'integer', minimum: 1 },
    components: { type: 'array', items: { any: true }, minItems: 1 },
  },
  required: ['apiVersion', 'components'],
} as const

const componentSchema = {
  type: 'object',
  properties: {
    kind: { type: 'string', enum: ['receiver', 'processor', 'exporter', 'connector', 'extension'] },
    type: { type: 'string', pattern: typePattern },
    stability: {
      type: 'string',
      enum: ['development', 'alpha', 'beta', 'stable', 'deprecated', 'unmaintained'],
      default: 'development',
    },
    entry: { type: 'string', minLength: 1 },
    export: { type: 'string', minLength: 1 },
    description: { type: 'string' },
    aliases: { type: 'array', items: { type: 'string', pattern: typePattern }, default: [] },
  },
  required: ['kind', 'type'],
} as const

/** One component that a package says it has. */
export interface MarkedComponent {
  readonly kind: ComponentKind
  readonly type: string
  readonly stability: Stability
  /** File inside the package; absent: what an import of the package gives. */
  readonly entry?: string | undefined
  /** Name under which the file exports the component; absent: `default`, or the usual name. */
  readonly export?: string | undefined
  readonly description?: string | undefined
  readonly aliases: readonly string[]
}

/** What the `spanloom` section of a `package.json` says. */
export interface Marker {
  readonly apiVersion: number
  readonly components: readonly MarkedComponent[]
  /** What is wrong with it; components that are wrong are left out. */
  readonly faults: readonly string[]
}

const mostComponents = 100

/** Reads the `spanloom` section of a `package.json`; nothing of the package runs. */
export function readMarker(section: unknown): Marker {
  const outline = checkConfig(markerSchema, section, ['spanloom'])
  if (outline.issues.length > 0) return { apiVersion: 0, components: [], faults: outline.issues.map(faultOf) }
  const { apiVersion, components: listed } = outline.config as ConfigOf<typeof markerSchema>
  const components: MarkedComponent[] = []
  const faults: string[] = []
  for (const [index, item] of listed.slice(0, mostComponents).entries()) {
    const checked = checkConfig(componentSchema, item, ['spanloom', 'components', index])
    faults.push(...checked.issues.map(faultOf))
    if (checked.issues.length === 0) components.push(checked.config as ConfigOf<typeof componentSchema>)
  }
  if (listed.length > mostComponents) faults.push(`spanloom.components has more than ${mostComponents} items`)
  return { apiVersion, components, faults }
}

function faultOf({ path, message, suggestion }: ConfigIssue): string {
  const meant = suggestion === undefined || /\s/.test(suggestion) ? '' : ` (did you mean "${suggestion}"?)`
  return `${path.join('.')}: ${message}${meant}`
}
