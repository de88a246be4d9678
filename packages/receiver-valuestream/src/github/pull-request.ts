import { attribute } from '../attributes.ts'
import { Draft } from '../model/draft.ts'
import { listOf, numericIdOf, objectAt, objectOf, textOf } from '../model/fields.ts'
import { Item } from '../model/item.ts'
import { addPerson } from '../model/people.ts'
import { closedIssue, findReference, jiraIssue } from '../model/references.ts'
import { parseTime } from '../model/time.ts'
import { spanName, translated } from '../model/translated.ts'
import { PayloadError, type Translation } from '../model/translation.ts'
import type { Workshop } from '../model/workshop.ts'
import { addLife } from './life.ts'
import { addRepository, readRepository, type Repository } from './repository.ts'

type PullRequest = Readonly<Record<string, unknown>>

/** `pull_request` (`valuestream.md` section 3.1). */
export function translatePullRequest(payload: unknown, workshop: Workshop): Translation {
  const { item, pull } = readPullRequest(payload, workshop)
  const action = textOf(objectOf(payload)['action'])
  if (action === undefined) throw new PayloadError('action')
  addLife(item, {
    action,
    created: pull['created_at'],
    updated: pull['updated_at'],
    ended: parseTime(pull['merged_at']) ?? parseTime(pull['closed_at']),
  })
  return translated(item)
}

/** `pull_request_review`: something that happened to the pull request. */
export function translatePullRequestReview(payload: unknown, workshop: Workshop): Translation {
  const { item } = readPullRequest(payload, workshop)
  const review = objectAt(payload, 'review')
  const time = parseTime(review['submitted_at'])
  const state = textOf(review['state'])
  if (state === undefined) return translated(item, 'action')
  if (time !== undefined) item.update({ time, name: `review.${state}` })
  return translated(item)
}

function readPullRequest(payload: unknown, workshop: Workshop): { item: Item; pull: PullRequest } {
  const pull = objectAt(payload, 'pull_request')
  const id = numericIdOf(pull['id'])
  if (id === undefined) throw new PayloadError('pull_request.id')
  const repository = readRepository(payload, workshop)
  const { namespace, resource, name } = repository
  const number = numericIdOf(pull['number'])
  const item = new Item(workshop, {
    source: 'github',
    operation: 'pull_request',
    spanId: namespace.idOf('pull_request', id),
    aliases: [
      ...namespace.aliasesOf('pull_request', id),
      ...(number === undefined
        ? []
        : [namespace.idOf('pull_request', number), ...namespace.aliasesOf('pull_request', number)]),
    ],
    parent: parentOf(pull, repository, workshop),
    name: spanName(workshop, 'pull_request', name),
    resource,
    attributes: attributesOf(pull, number, repository, workshop).attributes,
  })
  return { item, pull }
}

/** Section 3.1, and chapter 4 for what is inferred. */
function parentOf(pull: PullRequest, { namespace }: Repository, { options }: Workshop): string | undefined {
  const head = textOf(objectOf(pull['head'])['ref'])
  const title = textOf(pull['title'])
  const body = textOf(pull['body'])
  const reference = findReference([head, title, body], namespace.spellings)
  if (reference !== undefined) return reference
  const closed = options.inferParents.includes('closing_keywords') ? closedIssue(body) : undefined
  if (closed !== undefined) return namespace.idOf('issue', closed)
  return options.inferParents.includes('jira_keys') ? jiraIssue([head, title]) : undefined
}

function attributesOf(
  pull: PullRequest,
  number: string | undefined,
  repository: Repository,
  workshop: Workshop,
): Draft {
  const draft = new Draft(workshop.options.legacyTags)
  const head = objectOf(pull['head'])
  const base = objectOf(pull['base'])
  const baseRepository = objectOf(base['repo'])
  const user = objectOf(pull['user'])
  const merged = isMerged(pull)
  addRepository(draft, repository)
  draft
    .tag('user.id', user['id'])
    .tag('user.url', user['url'])
    .tag('scm.head.label', head['label'])
    .tag('scm.head.ref', head['ref'])
    .tag('scm.head.sha', head['sha'])
    .tag('scm.base.label', base['label'])
    .tag('scm.base.ref', base['ref'])
    .tag('scm.base.sha', base['sha'])
    .tag('scm.base.repo.id', baseRepository['id'])
    .tag('scm.base.repo.name', baseRepository['name'])
    .tag('scm.base.repo.full_name', baseRepository['full_name'])
    .tag('scm.base.repo.private', baseRepository['private'])
    .set(attribute.changeId, number)
    .set(attribute.changeTitle, textOf(pull['title']))
    .set(attribute.changeState, changeState(pull, merged))
    .set(attribute.changeMergeRevision, merged ? textOf(pull['merge_commit_sha']) : undefined)
    .set(attribute.headName, textOf(head['ref']))
    .set(attribute.headRevision, textOf(head['sha']))
    .set(attribute.baseName, textOf(base['ref']))
    .set(attribute.baseRevision, textOf(base['sha']))
    .list(
      attribute.issueLabels,
      listOf(pull['labels']).map((label) => textOf(objectOf(label)['name'])),
    )
  if (textOf(base['ref']) !== undefined) draft.set(attribute.baseType, 'branch')
  addPerson(
    draft,
    { id: user['id'], login: user['login'], name: user['name'], email: user['email'] },
    workshop,
  )
  return draft
}

function isMerged(pull: PullRequest): boolean {
  return pull['merged'] === true || textOf(pull['merged_at']) !== undefined
}

function changeState(pull: PullRequest, merged: boolean): string | undefined {
  if (merged) return 'merged'
  const state = textOf(pull['state'])
  return state === 'open' && pull['draft'] === true ? 'wip' : state
}
