import type { CollectorConfig, ComponentConfig, ConfigSchema } from '@spanloom/core'

import { otherTexts } from './mutations.ts'

/** One setting of a component that has a plain value. */
export interface SettingLeaf {
  /** From the top of the configuration, such as `receivers`, `invictus`, `assume_zone`. */
  readonly path: readonly string[]
  readonly value: string | number | boolean
  readonly isSecret: boolean
  /** Other values that the schema allows. */
  readonly others: readonly (string | number | boolean)[]
}

const sections = { receiver: 'receivers', processor: 'processors', connector: 'connectors' } as const
const deepest = 8

/** Settings that say where to, from whom and how safely, but nothing about spans. */
const silent: ReadonlySet<string> = new Set([
  'endpoint',
  'tls',
  'cors',
  'auth',
  'keepalive',
  'storage',
  'connection',
])

/** The plain values among the settings of a component. */
export function settingLeaves({ kind, id, factory, config }: ComponentConfig): readonly SettingLeaf[] {
  const section =
    kind === 'receiver' || kind === 'processor' || kind === 'connector' ? sections[kind] : undefined
  return section === undefined ? [] : [...leaves(config, factory.schema, [section, id])]
}

/** The configuration in which the setting has another of its values. */
export function withSetting(
  config: CollectorConfig,
  { path: [section = '', id = '', ...rest], others }: SettingLeaf,
  choice: number,
): CollectorConfig {
  if (section !== 'receivers' && section !== 'processors' && section !== 'connectors') return config
  const component = config[section].get(id)
  const value = others[choice]
  if (component === undefined || value === undefined) return config
  const changed = { ...component, config: replaced(component.config, rest, value) }
  return { ...config, [section]: new Map([...config[section], [id, changed]]) }
}

function replaced(settings: unknown, path: readonly string[], value: unknown): unknown {
  const [name, ...rest] = path
  if (name === undefined) return value
  if (Array.isArray(settings)) {
    return settings.map((item: unknown, index) =>
      String(index) === name ? replaced(item, rest, value) : item,
    )
  }
  if (typeof settings !== 'object' || settings === null) return settings
  return Object.fromEntries(
    Object.entries(settings).map(([key, item]) => [key, key === name ? replaced(item, rest, value) : item]),
  )
}

function* leaves(
  value: unknown,
  schema: ConfigSchema | undefined,
  path: readonly string[],
): Generator<SettingLeaf> {
  if (path.length > deepest || value === undefined || value === null) return
  if (typeof value === 'object') {
    for (const [name, item] of Object.entries(value)) {
      if (!silent.has(name)) yield* leaves(item, schemaOf(schema, name), [...path, name])
    }
    return
  }
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return
  const others = othersOf(value, schema)
  const isSecret = schema?.type === 'string' && schema.secret === true
  if (others.length > 0) yield { path, value, isSecret, others }
}

function schemaOf(schema: ConfigSchema | undefined, name: string): ConfigSchema | undefined {
  if (schema?.type === 'array') return schema.items
  if (schema?.type !== 'object') return undefined
  if (schema.properties !== undefined) return schema.properties[name]
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined
}

function othersOf(value: string | number | boolean, schema: ConfigSchema | undefined): SettingLeaf['others'] {
  if (typeof value === 'boolean') return [!value]
  if (typeof value === 'number') return [value + 1].filter((other) => allows(schema, other))
  if (schema?.type === 'string') {
    if (schema.enum !== undefined) return schema.enum.filter((word) => word !== value)
    if (schema.reference !== undefined) return []
    const { pattern, format } = schema
    if (format === 'endpoint' || format === 'path') return []
    const others = otherTexts(value)
    return pattern === undefined ? others : others.filter((other) => new RegExp(pattern, 'u').test(other))
  }
  return otherTexts(value)
}

function allows(schema: ConfigSchema | undefined, value: number): boolean {
  if (schema?.type !== 'integer' && schema?.type !== 'number') return true
  return schema.maximum === undefined || value <= schema.maximum
}
