import type { ComponentKind } from '../component/component.ts'
import type { CollectorConfig, ComponentConfig } from '../config/collector-config.ts'

const sections = {
  receiver: 'receivers',
  processor: 'processors',
  exporter: 'exporters',
  connector: 'connectors',
  extension: 'extensions',
} as const satisfies Readonly<Record<ComponentKind, keyof CollectorConfig>>

/** The component of that kind and id; a checked configuration has every one that it names. */
export function configuredComponent(
  config: CollectorConfig,
  kind: ComponentKind,
  id: string,
): ComponentConfig {
  const component = config[sections[kind]].get(id)
  if (component === undefined) throw new Error(`The configuration has no ${kind} "${id}".`)
  return component
}

/** The whole effective configuration in the form of a file, without secrets. */
export function redactedConfig(config: CollectorConfig): Readonly<Record<string, unknown>> {
  const parts = Object.values(sections).flatMap((section): [string, unknown][] => {
    const components = [...config[section].values()]
    if (components.length === 0) return []
    return [[section, Object.fromEntries(components.map(({ id, redacted }) => [id, redacted]))]]
  })
  const plugins = config.plugins.length === 0 ? {} : { plugins: config.plugins }
  return { ...plugins, ...Object.fromEntries(parts), service: config.service.redacted }
}
