import { attribute } from '../attributes.ts'
import { Draft } from '../model/draft.ts'
import { listOf, objectAt, objectOf, own, textOf } from '../model/fields.ts'
import { Item } from '../model/item.ts'
import { hostOf } from '../model/namespace.ts'
import { addPerson } from '../model/people.ts'
import { enterPhase, leavePhases } from '../model/phases.ts'
import { parseTime } from '../model/time.ts'
import { spanName, translated } from '../model/translated.ts'
import { PayloadError, type Translation } from '../model/translation.ts'
import type { Workshop } from '../model/workshop.ts'
import { activeSprint } from './sprint-field.ts'
import { isNamed, statusChange, statusClass } from './status.ts'

/** `jira:issue_created`, `jira:issue_updated`, `jira:issue_deleted` (`valuestream.md` section 3.5). */
export function translateIssue(payload: unknown, event: string, workshop: Workshop): Translation {
  const issue = objectAt(payload, 'issue')
  const key = textOf(issue['key'])
  if (key === undefined) throw new PayloadError('issue.key')
  const deleted = event === 'jira:issue_deleted'
  const status = textOf(objectAt(issue, 'fields', 'status')['name'])
  if (status === undefined && !deleted) throw new PayloadError('issue.fields.status.name')
  const item = itemOf(payload, key, workshop)
  const time = parseTime(objectOf(payload)['timestamp'])
  if (time === undefined) return translated(item)
  if (deleted) {
    item.close(time, 'deleted')
    leavePhases(item, time)
  } else addStatus(item, payload, event === 'jira:issue_created', time)
  return translated(item)
}

/** What the event means for the issue, by the column that it came into. */
function addStatus(item: Item, payload: unknown, created: boolean, time: bigint): void {
  const { jira } = item.workshop.options
  const change = statusChange(payload)
  const fields = objectAt(payload, 'issue', 'fields')
  const kind = created || change.changed ? statusClass(objectOf(fields['status']), jira) : 'other'
  const phase = textOf(objectOf(fields['status'])['name'])?.trim() ?? ''
  if (kind === 'active') {
    if (isNamed(change.from, jira.endStatuses)) item.reopen(time)
    else item.start(time)
    // Without a changelog the same column would be entered twice.
    if (phase !== '' && (created || change.known)) enterPhase(item, phase, time)
  } else if (kind === 'end') {
    const begin = parseTime(fields['created'])
    if (begin === undefined) item.end(time, { isError: false })
    else item.completeFrom(begin, time, { isError: false })
    leavePhases(item, time)
  } else if (kind === 'backlog' && !created) {
    item.close(time, 'backlog')
    leavePhases(item, time)
  } else item.update({ time, name: textOf(objectOf(payload)['issue_event_type_name']) ?? 'updated' })
}

function itemOf(payload: unknown, key: string, workshop: Workshop): Item {
  const issue = objectAt(payload, 'issue')
  const fields = objectOf(issue['fields'])
  const project =
    textOf(objectOf(fields['project'])['key']) ?? key.slice(0, Math.max(0, key.lastIndexOf('-')))
  const sprint = activeSprint(own(fields, workshop.options.jira.sprintField))
  const parent = textOf(objectOf(fields['parent'])['key'])
  return new Item(workshop, {
    source: 'jiracloud',
    operation: 'issue',
    spanId: `vstrace-jiracloud-issue-${key}`,
    parent: parent === undefined ? undefined : `vstrace-jiracloud-issue-${parent}`,
    name: spanName(workshop, 'issue', project === '' ? undefined : project),
    resource: workshop.resourceOf({ source: 'jiracloud', project: project === '' ? undefined : project }),
    attributes: attributesOf(payload, key, workshop).attributes,
    links:
      sprint === undefined ? [] : [{ reference: `vstrace-jiracloud-sprint-${sprint.id}`, reason: 'sprint' }],
  })
}

function attributesOf(payload: unknown, key: string, workshop: Workshop): Draft {
  const draft = new Draft(workshop.options.legacyTags)
  const issue = objectAt(payload, 'issue')
  const fields = objectOf(issue['fields'])
  const user = objectAt(payload, 'user')
  const [type, project, priority, status] = ['issuetype', 'project', 'priority', 'status'].map((name) =>
    objectOf(fields[name]),
  )
  const sprint = activeSprint(own(fields, workshop.options.jira.sprintField))
  draft
    .tag('user.account_id', user['accountId'])
    .tag('user.account_type', user['accountType'])
    .tag('issue.id', issue['id'])
    .tag('issue.key', key)
    .tag('issue.type.id', type?.['id'])
    .tag('issue.type.name', type?.['name'])
    .tag('project.id', project?.['id'])
    .tag('project.key', project?.['key'])
    .tag('project.name', project?.['name'])
    .tag('issue.priority.name', priority?.['name'])
    .tag('issue.priority.id', priority?.['id'])
    .tag('issue.status.id', status?.['id'])
    .tag('issue.status.name', status?.['name'])
    .set(attribute.issueId, key)
    .set(attribute.issueUrl, pageOf(textOf(issue['self']), key))
    .set(attribute.issueStatus, textOf(status?.['name']))
    .set(attribute.issueType, textOf(type?.['name']))
    .set(attribute.issuePriority, textOf(priority?.['name']))
    .set(attribute.issueResolution, textOf(objectOf(fields['resolution'])['name']))
    .list(attribute.issueLabels, listOf(fields['labels']).map(textOf))
    .set(attribute.sprintId, sprint?.id)
    .set(attribute.sprintName, sprint?.name)
    .set(attribute.sprintBoardId, sprint?.boardId)
  addPerson(
    draft,
    { id: user['accountId'], name: user['displayName'], email: user['emailAddress'] },
    workshop,
  )
  if (workshop.options.includeUserAttributes) draft.tag('user.display_name', user['displayName'])
  return draft
}

/** The payload has only the address of the API. */
function pageOf(self: string | undefined, key: string): string | undefined {
  const host = hostOf(self)
  return host === undefined ? undefined : `https://${host}/browse/${encodeURIComponent(key.toWellFormed())}`
}
