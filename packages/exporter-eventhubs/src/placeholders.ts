import { type Attributes, type AttributeValue, type Resource } from '@spanloom/core'

import { valueText } from './invictus/data.ts'

const placeholder = /\$?\{(resource|span):([^{}]+)\}/g

/** What is wrong with a template, `undefined` if nothing. */
export function templateFault(template: string): string | undefined {
  return /[{}]/.test(template.replaceAll(placeholder, ''))
    ? 'a placeholder is {resource:attribute} or {span:attribute}'
    : undefined
}

/** Whether the template depends on the span at all. */
export function hasPlaceholder(template: string): boolean {
  return template.search(placeholder) >= 0
}

/** The template with the values of attributes in it; `undefined` when one that it names is missing. */
export function fillTemplate(
  template: string,
  attributes: Attributes,
  resource: Resource,
): string | undefined {
  let isWhole = true
  const text = template.replaceAll(placeholder, (_all, where: string, name: string) => {
    const value: AttributeValue | undefined =
      where === 'resource' ? resource.attribute(name) : attributes[name]
    if (value === undefined || value === null) isWhole = false
    return value === undefined ? '' : valueText(value)
  })
  return isWhole ? text : undefined
}
