import { attribute } from '../attributes.ts'
import { Draft } from '../model/draft.ts'
import { listOf, numericIdOf, objectAt, objectOf, textOf } from '../model/fields.ts'
import { Item } from '../model/item.ts'
import { addPerson } from '../model/people.ts'
import { findReference } from '../model/references.ts'
import { spanName, translated } from '../model/translated.ts'
import { PayloadError, type Translation } from '../model/translation.ts'
import type { Workshop } from '../model/workshop.ts'
import { addLife } from './life.ts'
import { addProject, addProjectTags, readProject } from './project.ts'

/** Issue Hook, also as `work_item` (`valuestream.md` section 3.2). */
export function translateIssue(payload: unknown, workshop: Workshop): Translation {
  const attributes = objectAt(payload, 'object_attributes')
  const item = issueItem(payload, attributes, 'object_attributes', workshop)
  addLife(item, attributes)
  return translated(item)
}

/** The issue that `issue` describes; `path` is where in the payload that stands. */
export function issueItem(
  payload: unknown,
  issue: Readonly<Record<string, unknown>>,
  path: string,
  workshop: Workshop,
): Item {
  const iid = numericIdOf(issue['iid'])
  if (iid === undefined) throw new PayloadError(`${path}.iid`)
  const project = readProject(payload, workshop)
  const { namespace, resource } = project
  const ssh = textOf(project.payload['git_ssh_url']) ?? textOf(project.payload['url'])
  const user = objectAt(payload, 'user')

  const draft = new Draft(workshop.options.legacyTags)
  addProject(draft, project)
  addProjectTags(draft, project)
  draft
    .tag('event.state', issue['state'])
    .tag('event.action', issue['action'])
    .tag('project.url', ssh)
    .tag('scm.repository.url', ssh)
    .tag('scm.repository.name', project.payload['namespace'])
    .tag('scm.repository.full_name', project.payload['path_with_namespace'])
    .tag('scm.repository.visibility', project.payload['visibility_level'])
    .tag('issue.id', issue['id'])
    .tag('issue.number', issue['iid'])
    .tag('issue.url', issue['url'])
    .tag('issue.milestone_id', issue['milestone_id'])
    .tag('issue.branch_name', issue['branch_name'])
    .set(attribute.issueId, iid)
    .set(attribute.issueUrl, textOf(issue['url']))
    .set(attribute.issueType, textOf(issue['type']))
    .list(
      attribute.issueLabels,
      listOf(issue['labels']).map((label) => textOf(objectOf(label)['title'])),
    )
  addPerson(
    draft,
    { id: user['id'], login: user['username'], name: user['name'], email: user['email'] },
    workshop,
  )

  return new Item(workshop, {
    source: 'gitlab',
    operation: 'issue',
    spanId: namespace.idOf('issue', iid),
    aliases: [...namespace.aliasesOf('issue', iid), namespace.oldForm(iid)],
    parent: findReference([textOf(issue['description'])], namespace.spellings),
    name: spanName(workshop, 'issue', project.name),
    resource,
    attributes: draft.attributes,
  })
}
