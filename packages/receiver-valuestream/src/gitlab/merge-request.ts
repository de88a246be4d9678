import { attribute } from '../attributes.ts'
import { Draft } from '../model/draft.ts'
import { listOf, numericIdOf, objectAt, objectOf, textOf } from '../model/fields.ts'
import { Item } from '../model/item.ts'
import type { Namespace } from '../model/namespace.ts'
import { addPerson } from '../model/people.ts'
import { closedIssue, findReference, jiraIssue } from '../model/references.ts'
import { spanName, translated } from '../model/translated.ts'
import { PayloadError, type Translation } from '../model/translation.ts'
import type { Workshop } from '../model/workshop.ts'
import { addLife } from './life.ts'
import { addProject, addProjectTags, type Project, readProject } from './project.ts'

type Request = Readonly<Record<string, unknown>>

/** Merge Request Hook (`valuestream.md` section 3.2). */
export function translateMergeRequest(payload: unknown, workshop: Workshop): Translation {
  const attributes = objectAt(payload, 'object_attributes')
  const item = mergeRequestItem(payload, attributes, 'object_attributes', workshop)
  addLife(item, attributes)
  return translated(item)
}

/** The merge request that `request` describes; `path` is where in the payload that stands. */
export function mergeRequestItem(payload: unknown, request: Request, path: string, workshop: Workshop): Item {
  const iid = numericIdOf(request['iid'])
  if (iid === undefined) throw new PayloadError(`${path}.iid`)
  const project = readProject(payload, workshop)
  const { namespace, resource, name } = project
  return new Item(workshop, {
    source: 'gitlab',
    operation: 'pull_request',
    spanId: namespace.idOf('pull_request', iid),
    aliases: namespace.aliasesOf('pull_request', iid),
    parent: parentOf(request, namespace, workshop),
    name: spanName(workshop, 'pull_request', name),
    resource,
    attributes: attributesOf(payload, request, iid, project, workshop).attributes,
  })
}

/** Section 3.2, and chapter 4 for what is inferred. */
function parentOf(request: Request, namespace: Namespace, { options }: Workshop): string | undefined {
  const description = textOf(request['description'])
  const branch = textOf(request['source_branch'])
  const title = textOf(request['title'])
  const reference = findReference([description, branch, title], namespace.spellings)
  if (reference !== undefined) return reference
  const closed = options.inferParents.includes('closing_keywords') ? closedIssue(description) : undefined
  if (closed !== undefined) return namespace.idOf('issue', closed)
  return options.inferParents.includes('jira_keys') ? jiraIssue([branch, title]) : undefined
}

function attributesOf(
  payload: unknown,
  request: Request,
  iid: string,
  project: Project,
  workshop: Workshop,
): Draft {
  const draft = new Draft(workshop.options.legacyTags)
  const target = textOf(request['target_branch'])
  const state = textOf(request['state'])
  const user = objectAt(payload, 'user')
  addProject(draft, project)
  addProjectTags(draft, project)
  draft
    .tag('event.state', state)
    .tag('event.action', request['action'])
    .tag('project.url', project.payload['web_url'])
    .tag('pull_request.id', request['iid'])
    .tag('scm.base.label', request['source_branch'])
    .tag('scm.target.label', request['target_branch'])
    .set(attribute.changeId, iid)
    .set(attribute.changeTitle, textOf(request['title']))
    .set(attribute.changeState, changeState(request, state))
    .set(attribute.changeMergeRevision, state === 'merged' ? textOf(request['merge_commit_sha']) : undefined)
    .set(attribute.headName, textOf(request['source_branch']))
    .set(attribute.headRevision, textOf(objectOf(request['last_commit'])['id']))
    .set(attribute.baseName, target)
    .set(attribute.baseType, target === undefined ? undefined : 'branch')
    .list(
      attribute.issueLabels,
      listOf(request['labels']).map((label) => textOf(objectOf(label)['title'])),
    )
  addPerson(
    draft,
    { id: user['id'], login: user['username'], name: user['name'], email: user['email'] },
    workshop,
  )
  return draft
}

function changeState(request: Request, state: string | undefined): string | undefined {
  if (state !== 'opened' && state !== 'reopened') return state
  return request['draft'] === true || request['work_in_progress'] === true ? 'wip' : 'open'
}
