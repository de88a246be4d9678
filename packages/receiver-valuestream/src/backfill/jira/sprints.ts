import { listOf, numericIdOf, objectOf, textOf } from '../../model/fields.ts'
import { type Delivery, type HistoryStream, isIn } from '../history.ts'
import { delivered, type JiraScope } from './scope.ts'

type Json = Readonly<Record<string, unknown>>

/** The closed sprints of all boards of a project. Boards without sprints answer 400 and have none. */
export function sprintStream(scope: JiraScope): HistoryStream {
  const { name, range } = scope
  return {
    name: `${name} sprints`,
    // The boards are few and are always read from the first one on.
    async *pages() {
      for await (const board of valuesOf(
        scope,
        `/rest/agile/1.0/board?projectKeyOrId=${encodeURIComponent(name)}`,
      )) {
        const id = numericIdOf(board['id'])
        if (id === undefined || (textOf(board['type']) ?? 'scrum') === 'kanban') continue
        const deliveries: Delivery[] = []
        let items = 0
        try {
          for await (const sprint of valuesOf(scope, `/rest/agile/1.0/board/${id}/sprint?state=closed`)) {
            items++
            if (isIn(range, sprint['completeDate'])) deliveries.push(...hooksOf(sprint))
          }
        } catch (error) {
          if (!(error instanceof Error && 'code' in error && error.code === 'API_REFUSED')) throw error
        }
        yield { items, deliveries }
      }
    },
  }
}

async function* valuesOf({ client }: JiraScope, path: string): AsyncGenerator<Json, void, undefined> {
  for (let startAt = 0; ;) {
    const body = objectOf((await client.get(`${path}&startAt=${startAt}&maxResults=50`)).value)
    const values = listOf(body['values']).map(objectOf)
    yield* values
    startAt += values.length
    if (values.length === 0 || body['isLast'] === true) return
  }
}

function hooksOf(sprint: Json): readonly Delivery[] {
  const started = textOf(sprint['activatedDate']) ?? textOf(sprint['startDate'])
  return [
    ...(started === undefined
      ? []
      : [
          delivered({
            webhookEvent: 'sprint_started',
            timestamp: Date.parse(started),
            sprint: { ...sprint, state: 'active', completeDate: undefined },
          }),
        ]),
    delivered({
      webhookEvent: 'sprint_closed',
      timestamp: Date.parse(textOf(sprint['completeDate']) ?? ''),
      sprint: { ...sprint, state: 'closed' },
    }),
  ]
}
