import { Resource, Scope } from '@spanloom/core'

import { attribute } from '../attributes.ts'
import type { TranslationOptions } from './options.ts'
import type { Source } from './translation.ts'

/** What spans of one repository, project or job have in common. */
export interface Origin {
  readonly source: Source
  /** Name of the repository, project, job or namespace; the service is named after it. */
  readonly project: string | undefined
  /** More attributes of the resource; absent ones are left out. */
  readonly attributes?: Readonly<Record<string, string | undefined>>
}

/** What all translations of one receiver share: the settings, and resources that were made before. */
export interface Workshop {
  readonly options: TranslationOptions
  readonly scope: Scope
  resourceOf(origin: Origin): Resource
}

/** A sender that invents names must not fill the memory. */
const maxResources = 1_000

/** Prepares a translation; it keeps nothing between deliveries but resources. */
export function createWorkshop(options: TranslationOptions): Workshop {
  const resources = new Map<string, Resource>()
  return {
    options,
    scope: Scope.of({ name: 'receiver-valuestream', version: options.scopeVersion }),
    resourceOf(origin) {
      const service = serviceName(origin, options)
      let key = part(service)
      for (const name in origin.attributes) key += name + part(origin.attributes[name] ?? '')
      const known = resources.get(key)
      if (known !== undefined) return known
      const attributes: Record<string, string> = { [attribute.serviceName]: service }
      for (const [name, value] of Object.entries(origin.attributes ?? {})) {
        if (value !== undefined) attributes[name] = value
      }
      if (resources.size >= maxResources) resources.clear()
      const resource = Resource.of(attributes)
      resources.set(key, resource)
      return resource
    },
  }
}

/** With its length before it, so that no text can look like the parts of another key. */
function part(text: string): string {
  return `${text.length}:${text}`
}

/** Section 6.6. */
function serviceName({ source, project }: Origin, { serviceName: choice }: TranslationOptions): string {
  if (typeof choice === 'object') return choice.fixed
  if (choice === 'source') return source === 'jiracloud' ? 'jira' : source
  return project?.toLowerCase().replaceAll('_', '-') ?? 'unknown_service'
}
