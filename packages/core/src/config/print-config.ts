import { Document, isScalar, visit } from 'yaml'

import type { CollectorConfig, ComponentConfig } from './collector-config.ts'
import { plainScalar } from './yaml-scalar.ts'

/** How to print a configuration. */
export interface PrintOptions {
  readonly format: 'yaml' | 'json'
  /** `redacted` replaces secrets by `[REDACTED]`; `unredacted` shows them. */
  readonly mode: 'redacted' | 'unredacted'
}

/**
 * Prints the effective configuration: after merging and expansion, with defaults (CLI-03). What it prints
 * unredacted is a configuration that means the same, as far as no text holds `${` or `$$`.
 */
export function printConfig(config: CollectorConfig, { format, mode }: PrintOptions): string {
  const plain = effectiveConfig(config, mode)
  if (format === 'json') return `${JSON.stringify(plain, null, 2)}\n`
  const document = new Document(plain, { aliasDuplicateObjects: false })
  visit(document, (_, node) => {
    // The library does not know which plain texts section 1.6 reads as numbers.
    if (isScalar(node) && typeof node.value === 'string' && plainScalar(node.value) !== node.value) {
      node.type = 'QUOTE_DOUBLE'
    }
  })
  return document.toString({ lineWidth: 0 })
}

/** The effective configuration as plain data; sections without components are left out. */
export function effectiveConfig(config: CollectorConfig, mode: PrintOptions['mode']): object {
  const result: Record<string, unknown> = config.plugins.length === 0 ? {} : { plugins: config.plugins }
  for (const section of ['receivers', 'processors', 'exporters', 'connectors', 'extensions'] as const) {
    const components = [...config[section].values()]
    if (components.length === 0) continue
    result[section] = Object.fromEntries(
      components.map((component) => [component.id, settingsOf(component, mode)]),
    )
  }
  result['service'] = mode === 'redacted' ? config.service.redacted : config.service.raw
  return result
}

function settingsOf(component: ComponentConfig, mode: PrintOptions['mode']): unknown {
  return mode === 'redacted' ? component.redacted : component.raw
}
