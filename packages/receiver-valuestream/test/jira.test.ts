import { describe, expect, it } from 'vitest'

import { activeSprint } from '../src/jira/sprint-field.ts'
import { fragmentOf, fragmentsOf, nanos, type Payload } from './translation.ts'

const at = Date.parse('2026-01-05T09:00:00Z')
const created = '2026-01-01T10:00:00.000-0500'

interface Move {
  readonly to: string
  readonly from?: string
  readonly category?: string
  readonly event?: string
  readonly changelog?: unknown
  readonly fields?: Payload
}

const move = ({
  to,
  from = 'To Do',
  category,
  event = 'jira:issue_updated',
  fields,
  ...more
}: Move): Payload => ({
  webhookEvent: event,
  issue_event_type_name: 'issue_generic',
  timestamp: at,
  issue: {
    key: 'SHOP-1',
    self: 'https://acme.atlassian.net/rest/api/2/issue/1',
    fields: { created, status: { name: to, statusCategory: { key: category } }, ...fields },
  },
  changelog:
    'changelog' in more ? more.changelog : { items: [{ field: 'Status', fromString: from, toString: to }] },
})

describe('an issue that is moved', () => {
  it('into an active column starts, and enters a phase', () => {
    const [issue, phase] = fragmentsOf('jiracloud', move({ to: ' in progress ' }))
    expect(issue).toMatchObject({
      startTimeUnixNano: nanos('2026-01-05T09:00:00Z'),
      endTimeUnixNano: '0',
      attributes: { 'vs.issue.url': 'https://acme.atlassian.net/browse/SHOP-1' },
    })
    expect(phase).toMatchObject({
      name: 'issue in progress',
      attributes: { 'spanloom.key': 'vstrace-jiracloud-issue-SHOP-1/phase', 'vs.phase.name': 'in progress' },
    })
  })

  it('into an end column ends, with its creation as the start to fall back on', () => {
    const [issue, phase] = fragmentsOf('jiracloud', move({ to: 'Done', from: 'In Progress' }))
    expect(issue).toMatchObject({
      startTimeUnixNano: nanos('2026-01-01T15:00:00Z'),
      endTimeUnixNano: nanos('2026-01-05T09:00:00Z'),
      attributes: { 'spanloom.assumed': ['start'], error: false },
    })
    expect(phase).toMatchObject({
      endTimeUnixNano: nanos('2026-01-05T09:00:00Z'),
      attributes: { 'spanloom.close': true, 'spanloom.key': 'vstrace-jiracloud-issue-SHOP-1/phase' },
    })
  })

  it('out of an end column starts again', () => {
    const first = fragmentOf('jiracloud', move({ to: 'In Progress' }))
    const [again, phase] = fragmentsOf('jiracloud', move({ to: 'In Progress', from: 'done' }))
    expect(again?.attributes).toMatchObject({ 'vs.reopened': true, 'spanloom.rank': 30 })
    expect(again?.spanId).not.toBe(first.spanId)
    expect(phase?.parentSpanId).toBe(again?.spanId)
  })

  it('into the backlog is closed', () => {
    const [issue, phase] = fragmentsOf('jiracloud', move({ to: 'Backlog' }))
    expect(issue?.attributes).toMatchObject({ 'spanloom.close': true, 'vs.end.reason': 'backlog' })
    expect(phase?.attributes).toMatchObject({ 'spanloom.close': true })
  })

  it.each([
    ['Review', 'indeterminate', 'start'],
    ['Shipped', 'done', 'end'],
    ['Waiting', 'new', 'event'],
    ['Waiting', undefined, 'event'],
  ])('into %s goes by the category %s', (to, category, kind) => {
    const {
      startTimeUnixNano: start,
      endTimeUnixNano: ended,
      events,
    } = fragmentOf('jiracloud', move({ to, ...(category === undefined ? {} : { category }) }))
    expect(ended !== '0' ? 'end' : start !== '0' ? 'start' : events[0] && 'event').toBe(kind)
  })

  it('is not moved when something else changes', () => {
    const assigned = move({ to: 'In Progress', changelog: { items: [{ field: 'assignee' }] } })
    expect(fragmentsOf('jiracloud', assigned)).toMatchObject([
      { startTimeUnixNano: '0', endTimeUnixNano: '0', events: [{ name: 'issue_generic' }] },
    ])
  })

  it('enters no phase where nobody says what changed', () => {
    expect(fragmentsOf('jiracloud', move({ to: 'In Progress', changelog: null }))).toHaveLength(1)
  })

  it('enters a phase where it was created in it', () => {
    const born = move({ to: 'In Progress', changelog: undefined, event: 'jira:issue_created' })
    expect(fragmentsOf('jiracloud', born)).toHaveLength(2)
    const aside = move({ to: 'Backlog', event: 'jira:issue_created' })
    expect(fragmentsOf('jiracloud', aside)).toMatchObject([{ events: [{ name: 'issue_generic' }] }])
  })

  it('has no phases where they are off, and events where those are wanted', () => {
    const moved = move({ to: 'In Progress' })
    expect(fragmentsOf('jiracloud', moved, { options: { phases: 'off' } })).toHaveLength(1)
    expect(fragmentsOf('jiracloud', moved, { options: { phases: 'events' } })[1]).toMatchObject({
      events: [{ name: 'phase.In Progress', timeUnixNano: nanos('2026-01-05T09:00:00Z') }],
      attributes: { 'spanloom.key': 'vstrace-jiracloud-issue-SHOP-1' },
    })
    expect(fragmentsOf('jiracloud', move({ to: 'Done' }), { options: { phases: 'events' } })).toHaveLength(1)
  })
})

it('closes an issue that is deleted', () => {
  const deleted = { webhookEvent: 'jira:issue_deleted', timestamp: at, issue: { key: 'SHOP-1' } }
  expect(fragmentsOf('jiracloud', deleted)).toMatchObject([
    { attributes: { 'vs.end.reason': 'deleted', 'spanloom.close': true } },
    { attributes: { 'spanloom.close': true } },
  ])
})

it('knows parent, sprint, labels and resolution of an issue', () => {
  const fields = {
    parent: { key: 'SHOP-9' },
    customfield_10020: [
      { id: 1, state: 'closed' },
      { id: 2, name: 'Two', state: 'ACTIVE', boardId: 3 },
    ],
    labels: ['a', 5, 'b'],
    resolution: { name: 'Fixed' },
    priority: null,
  }
  expect(fragmentOf('jiracloud', move({ to: 'Done', fields }))).toMatchObject({
    attributes: {
      'spanloom.parent.key': 'vstrace-jiracloud-issue-SHOP-9',
      'vs.sprint.id': '2',
      'vs.sprint.name': 'Two',
      'vs.sprint.board.id': '3',
      'vs.issue.labels': ['a', 'b'],
      'vs.issue.resolution': 'Fixed',
    },
    links: [
      { attributes: { 'spanloom.link.key': 'vstrace-jiracloud-sprint-2', 'spanloom.link.reason': 'sprint' } },
    ],
  })
})

it.each([
  [
    [
      'com.atlassian.greenhopper.service.sprint.Sprint@34d1[id=1,rapidViewId=2,state=ACTIVE,name=One, and more,goal=]',
    ],
    { id: '1', name: 'One, and more', boardId: '2' },
  ],
  [
    [
      { id: 1, state: 'closed' },
      { id: 2, state: 'future' },
    ],
    { id: '2' },
  ],
  [['nonsense', { id: 'x' }, 5, null], undefined],
  ['x', undefined],
])('reads a sprint of %j', (field, sprint) => {
  const read = activeSprint(field)
  expect(read === undefined).toBe(sprint === undefined)
  expect(read ?? {}).toMatchObject(sprint ?? {})
})

const sprint = (event: string, more: Payload): Payload => ({
  webhookEvent: event,
  timestamp: at,
  sprint: { id: 7, name: 'Seven', state: 'active', startDate: '2026-01-01T00:00:00Z', ...more },
})

describe('a sprint', () => {
  it('starts when it is activated', () => {
    const activated = { activatedDate: '2026-01-02T00:00:00Z' }
    expect(fragmentOf('jiracloud', sprint('sprint_started', activated)).startTimeUnixNano).toBe(
      nanos('2026-01-02T00:00:00Z'),
    )
  })

  it('ends when it is completed', () => {
    const closed = { state: 'closed', completeDate: '2026-01-04T00:00:00Z' }
    expect(fragmentOf('jiracloud', sprint('sprint_closed', closed))).toMatchObject({
      startTimeUnixNano: nanos('2026-01-01T00:00:00Z'),
      endTimeUnixNano: nanos('2026-01-04T00:00:00Z'),
      attributes: { 'spanloom.assumed': ['start'] },
    })
  })

  it('is closed when it is deleted, and told of edits', () => {
    expect(fragmentOf('jiracloud', sprint('sprint_deleted', {})).attributes['vs.end.reason']).toBe('deleted')
    expect(fragmentOf('jiracloud', sprint('sprint_updated', {})).events).toMatchObject([
      { name: 'sprint_updated' },
    ])
  })
})
