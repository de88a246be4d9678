import type { Resource } from '@spanloom/core'

import { attribute } from '../attributes.ts'
import type { Draft } from '../model/draft.ts'
import { objectAt, textOf } from '../model/fields.ts'
import { hostOf, Namespace, pathOf } from '../model/namespace.ts'
import { PayloadError } from '../model/translation.ts'
import type { Workshop } from '../model/workshop.ts'

/** The project that an event is about. */
export interface Project {
  /** As the payload has it; empty in older Job Hooks. */
  readonly payload: Readonly<Record<string, unknown>>
  readonly name: string
  /** Path of the group or person that it belongs to. */
  readonly owner: string | undefined
  /** Its page. */
  readonly url: string | undefined
  readonly namespace: Namespace
  readonly resource: Resource
}

/**
 * Reads `project`, or `repository` where a Job Hook lacks it (`valuestream.md` section 3.2).
 *
 * @throws PayloadError when neither has a name
 */
export function readProject(payload: unknown, workshop: Workshop): Project {
  const project = objectAt(payload, 'project')
  const repository = objectAt(payload, 'repository')
  const name = textOf(project['name']) ?? textOf(repository['name'])
  if (name === undefined) throw new PayloadError('project.name')
  const url = textOf(project['web_url']) ?? textOf(project['homepage']) ?? textOf(repository['homepage'])
  const path = textOf(project['path_with_namespace']) ?? pathOf(url)
  const slash = path?.lastIndexOf('/') ?? -1
  const owner = slash > 0 ? path?.slice(0, slash) : undefined
  const resource = workshop.resourceOf({
    source: 'gitlab',
    project: name,
    attributes: {
      [attribute.providerName]: 'gitlab',
      [attribute.ownerName]: owner,
      [attribute.repositoryName]: name,
      [attribute.repositoryUrl]: url,
    },
  })
  return {
    payload: project,
    name,
    owner,
    url,
    namespace: namespaceOf(workshop, name, hostOf(url), path),
    resource,
  }
}

/** Namespace of another project, of which only the path is told; its name is taken for that of the path. */
export function namespaceOfPath(path: string, own: Project, { options }: Workshop): Namespace {
  const host = hostOf(own.url)
  const full = host === undefined ? undefined : `${host}/${path}`
  return new Namespace('gitlab', options.idScope, path.slice(path.lastIndexOf('/') + 1), full)
}

/** What every span says of the project. */
export function addProject(draft: Draft, { name, owner, url }: Project): void {
  draft
    .set(attribute.providerName, 'gitlab')
    .set(attribute.ownerName, owner)
    .set(attribute.repositoryName, name)
    .set(attribute.repositoryUrl, url)
}

/** ValueStream's tags of the project, but for its address, which differs by kind of event. */
export function addProjectTags(draft: Draft, { payload }: Project): void {
  draft
    .tag('service', 'gitlab')
    .tag('project.name', payload['name'])
    .tag('project.namespace', payload['namespace'])
    .tag('project.path_with_namespace', payload['path_with_namespace'])
    .tag('project.visibility', payload['visibility_level'])
}

/** The full form is the path of the project's page: a job can compute it, and it has no blanks. */
function namespaceOf(
  { options }: Workshop,
  name: string,
  host: string | undefined,
  path: string | undefined,
): Namespace {
  const full = host === undefined || path === undefined ? undefined : `${host}/${path}`
  return new Namespace('gitlab', options.idScope, name, full)
}
