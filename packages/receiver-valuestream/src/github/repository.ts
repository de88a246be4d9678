import type { Resource } from '@spanloom/core'

import { attribute } from '../attributes.ts'
import type { Draft } from '../model/draft.ts'
import { objectAt, objectOf, textOf } from '../model/fields.ts'
import { hostOf, Namespace } from '../model/namespace.ts'
import { PayloadError } from '../model/translation.ts'
import type { Workshop } from '../model/workshop.ts'

/** The repository that an event is about. */
export interface Repository {
  /** As the payload has it. */
  readonly payload: Readonly<Record<string, unknown>>
  readonly name: string
  readonly owner: string | undefined
  readonly url: string | undefined
  readonly namespace: Namespace
  readonly resource: Resource
}

/** @throws PayloadError when it has no name */
export function readRepository(payload: unknown, workshop: Workshop): Repository {
  const repository = objectAt(payload, 'repository')
  const name = textOf(repository['name'])
  if (name === undefined) throw new PayloadError('repository.name')
  const fullName = textOf(repository['full_name'])
  const owner = textOf(objectOf(repository['owner'])['login']) ?? ownerOf(fullName)
  const url = textOf(repository['html_url'])
  const service = textOf(objectOf(repository['custom_properties'])['service_name'])
  const resource = workshop.resourceOf({
    source: 'github',
    project: service ?? name,
    attributes: {
      [attribute.providerName]: 'github',
      [attribute.ownerName]: owner,
      [attribute.repositoryName]: name,
      [attribute.repositoryUrl]: url,
    },
  })
  const namespace = namespaceOf(workshop, name, owner, hostOf(url) ?? hostOf(textOf(repository['url'])))
  return { payload: repository, name, owner, url, namespace, resource }
}

/** Namespace of a repository that another one's event mentions, such as the base of a pull request. */
export function namespaceOfMentioned(
  mentioned: Readonly<Record<string, unknown>>,
  own: Repository,
  workshop: Workshop,
): Namespace | undefined {
  const name = textOf(mentioned['name'])
  const url = textOf(mentioned['url'])
  const [, owner] = /\/repos\/([^/]+)\//.exec(url ?? '') ?? []
  if (name === undefined || (name === own.name && (owner === undefined || owner === own.owner))) {
    return name === undefined ? undefined : own.namespace
  }
  return namespaceOf(workshop, name, owner, hostOf(own.url) ?? hostOf(url))
}

/** What every span says of the repository. */
export function addRepository(draft: Draft, { payload, name, owner, url }: Repository): void {
  draft
    .set(attribute.providerName, 'github')
    .set(attribute.ownerName, owner)
    .set(attribute.repositoryName, name)
    .set(attribute.repositoryUrl, url)
    .tag('service', 'github')
    .tag('scm.repository.url', payload['url'])
    .tag('scm.repository.name', name)
    .tag('scm.repository.full_name', payload['full_name'])
    .tag('scm.repository.private', payload['private'])
}

function ownerOf(fullName: string | undefined): string | undefined {
  const slash = fullName?.indexOf('/') ?? -1
  return slash > 0 ? fullName?.slice(0, slash) : undefined
}

function namespaceOf(
  { options }: Workshop,
  name: string,
  owner: string | undefined,
  host: string | undefined,
): Namespace {
  // The API of github.com has a host of its own.
  const site = host === 'api.github.com' ? 'github.com' : host
  const full = site === undefined || owner === undefined ? undefined : `${site}/${owner}/${name}`
  return new Namespace('github', options.idScope, name, full)
}
