import { listOf, numberOf, objectAt, objectOf, textOf } from '../../model/fields.ts'
import { parseTime } from '../../model/time.ts'
import type { Delivery, HistoryStream } from '../history.ts'
import { delivered, type JiraScope } from './scope.ts'

type Json = Readonly<Record<string, unknown>>

/** A change of the column of an issue. */
interface Move {
  readonly timeMs: number
  readonly from: string | undefined
  readonly to: string | undefined
  readonly toId: string | undefined
  readonly items: readonly unknown[]
}

const dayMs = 86_400_000

/** The issues that changed in the time, each as the hooks of its creation and of every change of its column. */
export function issueStream(scope: JiraScope): HistoryStream {
  const { client, name, range } = scope
  const jql = [
    `project = "${name}"`,
    `updated >= "${jqlTime(range.sinceMs - dayMs)}"`,
    `created < "${jqlTime(range.untilMs + dayMs)}"`,
  ].join(' AND ')
  const first = `/rest/api/3/search/jql?fields=*all&expand=changelog&maxResults=50&jql=${encodeURIComponent(`${jql} ORDER BY created ASC`)}`
  let statuses: Promise<Statuses> | undefined
  return {
    name: `${name} issues`,
    async *pages(from) {
      const known = await (statuses ??= readStatuses(scope))
      for (let path: string | undefined = from ?? first; path !== undefined;) {
        const body = objectOf((await client.get(path)).value)
        const issues = listOf(body['issues']).map(objectOf)
        const token = textOf(body['nextPageToken'])
        const next: string | undefined =
          token === undefined || body['isLast'] === true
            ? undefined
            : `${first}&nextPageToken=${encodeURIComponent(token)}`
        const deliveries: Delivery[] = []
        for (const issue of issues) deliveries.push(...(await deliveriesOf(issue, known, scope)))
        yield { items: issues.length, next, deliveries }
        path = next
      }
    },
  }
}

type Statuses = ReadonlyMap<string, Json>

/** The columns of the site by their ids: histories tell only names. */
async function readStatuses({ client }: JiraScope): Promise<Statuses> {
  const statuses = listOf((await client.get('/rest/api/3/status')).value).map(objectOf)
  return new Map(
    statuses.flatMap((status) =>
      textOf(status['id']) === undefined ? [] : [[String(status['id']), status]],
    ),
  )
}

async function deliveriesOf(issue: Json, statuses: Statuses, scope: JiraScope): Promise<readonly Delivery[]> {
  const moves = (await movesOf(issue, scope)).toSorted((a, b) => a.timeMs - b.timeMs)
  const fields = objectOf(issue['fields'])
  const created = parseTime(fields['created'])
  if (created === undefined) return []
  const inStatus = (status: unknown): Json => ({
    ...issue,
    changelog: undefined,
    fields: { ...fields, status },
  })
  const statusOf = (name: string | undefined, id?: string): unknown =>
    (id === undefined ? undefined : statuses.get(id)) ??
    [...statuses.values()].find((status) => status['name'] === name) ?? { name }
  const first = moves[0]
  const deliveries = [
    delivered({
      webhookEvent: 'jira:issue_created',
      timestamp: Number(created / 1_000_000n),
      issue: inStatus(first === undefined ? fields['status'] : statusOf(first.from)),
    }),
    ...moves.map(({ timeMs, to, toId, items }) =>
      delivered({
        webhookEvent: 'jira:issue_updated',
        issue_event_type_name: 'issue_generic',
        timestamp: timeMs,
        issue: inStatus(statusOf(to, toId)),
        changelog: { items },
      }),
    ),
  ]
  // What is still open, or ended at another time, is not wanted.
  const { sinceMs, untilMs } = scope.range
  const last = moves.at(-1)
  const settled = objectAt(fields, 'status', 'statusCategory')['key'] === 'done'
  const endMs = last?.timeMs ?? Number(created / 1_000_000n)
  return settled && endMs >= sinceMs && endMs < untilMs ? deliveries : []
}

/** The search gives the first changes only; the others are asked for. */
async function movesOf(issue: Json, { client }: JiraScope): Promise<readonly Move[]> {
  const changelog = objectAt(issue, 'changelog')
  const inline = listOf(changelog['histories']).map(objectOf)
  const total = numberOf(changelog['total']) ?? inline.length
  const key = textOf(issue['key'])
  if (total <= inline.length || key === undefined) return inline.flatMap(moveOf)
  const all: Json[] = []
  for (let startAt = 0; ;) {
    const path = `/rest/api/3/issue/${encodeURIComponent(key)}/changelog?startAt=${startAt}&maxResults=100`
    const body = objectOf((await client.get(path)).value)
    const values = listOf(body['values']).map(objectOf)
    all.push(...values)
    startAt += values.length
    if (values.length === 0 || body['isLast'] === true || startAt >= (numberOf(body['total']) ?? 0)) break
  }
  return all.flatMap(moveOf)
}

function moveOf(history: Json): readonly Move[] {
  const time = parseTime(history['created'])
  const items = listOf(history['items'])
  const status = items
    .map(objectOf)
    .find((item) => (textOf(item['fieldId']) ?? textOf(item['field']))?.toLowerCase() === 'status')
  if (time === undefined || status === undefined) return []
  return [
    {
      timeMs: Number(time / 1_000_000n),
      from: textOf(status['fromString']),
      to: textOf(status['toString']),
      toId: textOf(status['to']),
      items,
    },
  ]
}

/** JQL knows minutes, in the zone of the user; a day more leaves nothing out. */
const jqlTime = (ms: number): string => new Date(Math.max(0, ms)).toISOString().slice(0, 16).replace('T', ' ')
