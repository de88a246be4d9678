import { attribute } from '../attributes.ts'
import { Draft } from '../model/draft.ts'
import { numericIdOf, objectAt, objectOf, textOf } from '../model/fields.ts'
import { Item } from '../model/item.ts'
import { findReference } from '../model/references.ts'
import { parseTime } from '../model/time.ts'
import { spanName, translated } from '../model/translated.ts'
import { ignored, PayloadError, type Translation } from '../model/translation.ts'
import type { Workshop } from '../model/workshop.ts'
import { addRepository, readRepository } from './repository.ts'

/** `release`, for teams that deploy by publishing: a deploy of no length (`valuestream.md` section 3.1). */
export function translateRelease(payload: unknown, workshop: Workshop): Translation {
  if (!workshop.options.github.releases) return ignored('unsupported_type')
  const release = objectAt(payload, 'release')
  const id = numericIdOf(release['id'])
  if (id === undefined) throw new PayloadError('release.id')
  const repository = readRepository(payload, workshop)
  if (textOf(objectOf(payload)['action']) !== 'published') return ignored('action')

  const draft = new Draft(workshop.options.legacyTags)
  addRepository(draft, repository)
  draft
    .set(attribute.deploymentId, id)
    .set(attribute.deploymentName, textOf(release['name']) ?? textOf(release['tag_name']))
    .set(attribute.deploymentStatus, 'succeeded')
    .set(attribute.headName, textOf(release['tag_name']))
    .set(attribute.headType, textOf(release['tag_name']) === undefined ? undefined : 'tag')

  const { namespace, resource, name } = repository
  const item = new Item(workshop, {
    source: 'github',
    operation: 'deploy',
    spanId: namespace.idOf('deploy', `release-${id}`),
    aliases: namespace.aliasesOf('deploy', `release-${id}`),
    parent: findReference([textOf(release['body'])], namespace.spellings),
    name: spanName(workshop, 'deploy', name),
    resource,
    attributes: draft.attributes,
  })
  const time = parseTime(release['published_at'])
  if (time !== undefined) item.complete(time, time, { isError: false })
  return translated(item)
}
