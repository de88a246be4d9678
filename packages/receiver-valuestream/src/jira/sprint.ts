import { attribute } from '../attributes.ts'
import { Draft } from '../model/draft.ts'
import { idOf, numericIdOf, objectAt, objectOf, textOf } from '../model/fields.ts'
import { Item } from '../model/item.ts'
import { parseTime } from '../model/time.ts'
import { translated } from '../model/translated.ts'
import { PayloadError, type Translation } from '../model/translation.ts'
import type { Workshop } from '../model/workshop.ts'

type Sprint = Readonly<Record<string, unknown>>

/** `sprint_created`, `sprint_updated`, `sprint_started`, `sprint_closed`, `sprint_deleted` (section 3.5). */
export function translateSprint(payload: unknown, event: string, workshop: Workshop): Translation {
  const sprint = objectAt(payload, 'sprint')
  const id = numericIdOf(sprint['id'])
  if (id === undefined) throw new PayloadError('sprint.id')
  const item = new Item(workshop, {
    source: 'jiracloud',
    operation: 'sprint',
    spanId: `vstrace-jiracloud-sprint-${id}`,
    name: 'sprint',
    resource: workshop.resourceOf({ source: 'jiracloud', project: undefined }),
    attributes: attributesOf(sprint, id, workshop).attributes,
  })
  addEvent(item, sprint, event, parseTime(objectOf(payload)['timestamp']))
  return translated(item)
}

function addEvent(item: Item, sprint: Sprint, event: string, timestamp: bigint | undefined): void {
  const state = textOf(sprint['state'])?.toLowerCase()
  const start = parseTime(sprint['activatedDate']) ?? parseTime(sprint['startDate'])
  const end = parseTime(sprint['completeDate']) ?? timestamp
  if (event === 'sprint_deleted') {
    if (timestamp !== undefined) item.close(timestamp, 'deleted')
  } else if (state === 'closed') {
    if (end !== undefined && start !== undefined) item.completeFrom(start, end, { isError: false })
    else if (end !== undefined) item.end(end, { isError: false })
  } else if (event === 'sprint_started' && state === 'active') {
    if (start !== undefined) item.start(start)
  } else if (timestamp !== undefined) item.update({ time: timestamp, name: event })
}

function attributesOf(sprint: Sprint, id: string, workshop: Workshop): Draft {
  const draft = new Draft(workshop.options.legacyTags)
  return draft
    .tag('state', sprint['state'])
    .tag('sprint.id', sprint['id'])
    .tag('sprint.name', sprint['name'])
    .tag('sprint.start_date', sprint['startDate'])
    .tag('sprint.end_date', sprint['endDate'])
    .tag('sprint.origin_board_id', sprint['originBoardId'])
    .set('sprint.goal', textOf(sprint['goal']))
    .set('sprint.complete_date', textOf(sprint['completeDate']))
    .set(attribute.sprintId, id)
    .set(attribute.sprintName, textOf(sprint['name']))
    .set(attribute.sprintBoardId, idOf(sprint['originBoardId']))
}
