import { attribute } from '../attributes.ts'
import { Draft } from '../model/draft.ts'
import { listOf, numericIdOf, objectAt, objectOf, textOf } from '../model/fields.ts'
import { Item } from '../model/item.ts'
import { addPerson } from '../model/people.ts'
import { findReference } from '../model/references.ts'
import { parseTime } from '../model/time.ts'
import { spanName, translated } from '../model/translated.ts'
import { PayloadError, type Translation } from '../model/translation.ts'
import type { Workshop } from '../model/workshop.ts'
import { addLife } from './life.ts'
import { addRepository, readRepository } from './repository.ts'

/** `issues` (`valuestream.md` section 3.1). */
export function translateIssues(payload: unknown, workshop: Workshop): Translation {
  const issue = objectAt(payload, 'issue')
  const number = numericIdOf(issue['number'])
  if (number === undefined) throw new PayloadError('issue.number')
  const repository = readRepository(payload, workshop)
  const action = textOf(objectOf(payload)['action'])
  if (action === undefined) throw new PayloadError('action')

  const { namespace, resource } = repository
  const draft = new Draft(workshop.options.legacyTags)
  addRepository(draft, repository)
  const user = objectOf(issue['user'])
  draft
    .tag('scm.repository.id', repository.payload['id'])
    .tag('issue.project.name', repository.name)
    .tag('issue.number', issue['number'])
    .tag('issue.url', issue['url'])
    .tag('issue.comments_count', issue['comments'])
    .tag('user.id', user['id'])
    .tag('user.url', user['url'])
    .set(attribute.issueId, number)
    .set(attribute.issueUrl, textOf(issue['html_url']))
    .set(attribute.issueResolution, textOf(issue['state_reason']))
    .set(attribute.issueType, textOf(objectOf(issue['type'])['name']))
    .list(
      attribute.issueLabels,
      listOf(issue['labels']).map((label) => textOf(objectOf(label)['name'])),
    )
  addPerson(
    draft,
    { id: user['id'], login: user['login'], name: user['name'], email: user['email'] },
    workshop,
  )

  const item = new Item(workshop, {
    source: 'github',
    operation: 'issue',
    spanId: namespace.idOf('issue', number),
    aliases: [...namespace.aliasesOf('issue', number), namespace.oldForm(number)],
    parent: findReference([textOf(issue['body'])], namespace.spellings),
    name: spanName(workshop, 'issue', repository.name),
    resource,
    attributes: draft.attributes,
  })
  addLife(item, {
    action,
    created: issue['created_at'],
    updated: issue['updated_at'],
    ended: parseTime(issue['closed_at']),
  })
  return translated(item)
}
