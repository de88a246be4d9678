import { expect, it } from 'vitest'

import { jiraHistory } from '../../src/backfill/index.ts'
import { startApi } from './api-server.ts'
import { inShort, liveSpans, march, readHistory } from './read-history.ts'

const status = (id: string, name: string, key: string) => ({ id, name, statusCategory: { key } })
const [toDo, doing, review, done] = [
  status('1', 'To Do', 'new'),
  status('3', 'In Progress', 'indeterminate'),
  status('4', 'In Review', 'indeterminate'),
  status('5', 'Done', 'done'),
]
const move = (created: string, from: typeof toDo, to: typeof toDo) => ({
  created,
  items: [
    { field: 'assignee', fromString: null, toString: 'Someone' },
    {
      field: 'status',
      fieldId: 'status',
      from: from.id,
      fromString: from.name,
      to: to.id,
      toString: to.name,
    },
  ],
})
const issue = (key: string, now: typeof toDo) => ({
  id: `10${key.slice(-1)}`,
  key,
  fields: {
    summary: 'Pay by invoice',
    created: '2026-03-02T09:00:00.000+0100',
    status: now,
    issuetype: { id: '1', name: 'Story' },
    project: { id: '9', key: 'SHOP', name: 'Shop' },
    priority: null,
  },
})
const moves = [
  move('2026-03-02T10:00:00.000+0100', toDo, doing),
  move('2026-03-03T10:00:00.000+0100', doing, review),
  move('2026-03-04T10:00:00.000+0100', review, done),
]
const sprint = {
  id: 40,
  name: 'Sprint 4',
  state: 'closed',
  startDate: '2026-02-23T08:00:00.000Z',
  activatedDate: '2026-02-23T08:01:00.000Z',
  endDate: '2026-03-06T16:00:00.000Z',
  completeDate: '2026-03-06T15:30:00.000Z',
  originBoardId: 2,
}

const hook = (payload: object) => ({ source: 'jiracloud', event: { name: '', payload } }) as const
const updated = (index: number, to: typeof toDo) =>
  hook({
    webhookEvent: 'jira:issue_updated',
    timestamp: Date.parse(moves[index]?.created ?? ''),
    issue: { ...issue('SHOP-1', to) },
    changelog: { items: moves[index]?.items },
  })

it('reads issues with their way through the columns, and sprints, as the spans that webhooks gave', async () => {
  await using api = await startApi((url) => {
    if (url.pathname === '/rest/api/3/status') return { body: [toDo, doing, review, done] }
    if (url.pathname === '/rest/api/3/search/jql') {
      const further = url.searchParams.get('nextPageToken') === 'more/2'
      const body = further
        ? { isLast: true, issues: [{ ...issue('SHOP-2', doing), changelog: { total: 0, histories: [] } }] }
        : {
            nextPageToken: 'more/2',
            // The search has only the latest changes of a long history.
            issues: [{ ...issue('SHOP-1', done), changelog: { total: 3, histories: moves.slice(2) } }],
          }
      return { body }
    }
    if (url.pathname === '/rest/api/3/issue/SHOP-1/changelog') {
      const startAt = Number(url.searchParams.get('startAt'))
      return { body: { total: 3, isLast: startAt >= 2, values: moves.slice(startAt, startAt + 2) } }
    }
    if (url.pathname === '/rest/agile/1.0/board')
      return {
        body: {
          isLast: true,
          values: [
            { id: 1, type: 'kanban' },
            { id: 2, type: 'scrum' },
          ],
        },
      }
    if (url.pathname === '/rest/agile/1.0/board/2/sprint')
      return {
        body: {
          isLast: true,
          values: [sprint, { ...sprint, id: 39, completeDate: '2026-02-20T15:30:00.000Z' }],
        },
      }
    return undefined
  })
  api.faults.push({ status: 429, headers: { 'retry-after': '5' } }, 'half a body')

  const { spans, progress } = await readHistory(api, (client) =>
    jiraHistory({ client, projects: ['SHOP'], range: march }),
  )

  expect(spans.map(inShort).toSorted()).toEqual(
    liveSpans(
      hook({
        webhookEvent: 'jira:issue_created',
        timestamp: Date.parse('2026-03-02T09:00:00.000+01:00'),
        issue: issue('SHOP-1', toDo),
      }),
      updated(0, doing),
      updated(1, review),
      updated(2, done),
      hook({ webhookEvent: 'sprint_started', timestamp: 0, sprint: { ...sprint, state: 'active' } }),
      hook({ webhookEvent: 'sprint_closed', timestamp: 0, sprint }),
    ).toSorted(),
  )
  expect(progress).toMatchObject({ streams: 2, streamsDone: 2, unreadable: 0 })
  expect(api.requests.findLast(({ path }) => path.includes('/search/jql'))?.path).toContain(
    'nextPageToken=more%2F2',
  )
})
