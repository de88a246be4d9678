import { attribute } from '../attributes.ts'
import { Draft } from '../model/draft.ts'
import { numericIdOf, objectAt, objectOf, textOf } from '../model/fields.ts'
import { Item } from '../model/item.ts'
import { findReference } from '../model/references.ts'
import { parseTime } from '../model/time.ts'
import { spanName, translated } from '../model/translated.ts'
import { ignored, PayloadError, type Translation } from '../model/translation.ts'
import type { Workshop } from '../model/workshop.ts'
import { addProject, readProject } from './project.ts'

/** Release Hook, for teams that deploy by releasing: a deploy of no length (`valuestream.md` section 3.2). */
export function translateRelease(payload: unknown, workshop: Workshop): Translation {
  if (!workshop.options.gitlab.releases) return ignored('unsupported_type')
  const release = objectOf(payload)
  const id = numericIdOf(release['id'])
  if (id === undefined) throw new PayloadError('id')
  const project = readProject(payload, workshop)
  if (release['action'] !== 'create') return ignored('action')
  const tag = textOf(release['tag'])

  const draft = new Draft(workshop.options.legacyTags)
  addProject(draft, project)
  draft
    .set(attribute.deploymentId, id)
    .set(attribute.deploymentName, textOf(release['name']) ?? tag)
    .set(attribute.deploymentStatus, 'succeeded')
    .set(attribute.headName, tag)
    .set(attribute.headType, tag === undefined ? undefined : 'tag')
    .set(attribute.headRevision, textOf(objectAt(release, 'commit')['id']))

  const { namespace, resource, name } = project
  const item = new Item(workshop, {
    source: 'gitlab',
    operation: 'deploy',
    spanId: namespace.idOf('deploy', `release-${id}`),
    aliases: namespace.aliasesOf('deploy', `release-${id}`),
    parent: findReference([textOf(release['description'])], namespace.spellings),
    name: spanName(workshop, 'deploy', name),
    resource,
    attributes: draft.attributes,
  })
  const time = parseTime(release['released_at'])
  if (time !== undefined) item.complete(time, time, { isError: false })
  return translated(item)
}
