import type { Attributes, Resource } from '@spanloom/core'

import { fillTemplate } from '../placeholders.ts'
import { valueText } from './data.ts'
import type { FlowEvent } from './flow-event.ts'

/** Names of the four values by which the Dashboard finds the flow of a trace. */
export const mappingParts = ['Domain', 'Service', 'Action', 'Version'] as const

/** Templates of the mapping of spans that bring none. */
export type MappingTemplates = Readonly<Partial<Record<(typeof mappingParts)[number], string | undefined>>>

const attributeOf = {
  Domain: 'invictus.mapping.domain',
  Service: 'invictus.mapping.service',
  Action: 'invictus.mapping.action',
  Version: 'invictus.mapping.version',
} as const

/** The mapping that all events of a span carry; parts that nobody knows are left out. */
export function mappingOf(
  attributes: Attributes,
  resource: Resource,
  templates: MappingTemplates,
): NonNullable<FlowEvent['Mappings']> | undefined {
  const filled = (template: string | undefined): string | undefined =>
    template === undefined ? undefined : fillTemplate(template, attributes, resource)
  const known = mappingParts.flatMap((part) => {
    const told = attributes[attributeOf[part]]
    const text = told === undefined ? filled(templates[part]) : valueText(told)
    return text === undefined || text === '' ? [] : [[part, text] as const]
  })
  return known.length === 0 ? undefined : Object.fromEntries(known)
}
