import { listOf, numericIdOf, objectOf, textOf } from '../../model/fields.ts'
import { creationRange, type Delivery, type HistoryStream, isBefore, isIn } from '../history.ts'
import { runOfDeployment } from './runs.ts'
import type { GithubScope } from './scope.ts'

type Json = Readonly<Record<string, unknown>>

const ends: ReadonlySet<string> = new Set(['success', 'failure', 'error'])

/** The deployments that ended, with the states that they went through; newest first. */
export function deploymentStream(scope: GithubScope): HistoryStream {
  const { client, range, path, name } = scope
  return {
    name: `${name} deployments`,
    async *pages(from) {
      for await (const { value, next } of client.pages(from ?? `${path}/deployments?per_page=100`)) {
        const items = listOf(value).map(objectOf)
        const last = items.at(-1)
        const finished =
          next === undefined || last === undefined || isBefore(creationRange(range), last['created_at'])
        const deliveries: Delivery[] = []
        for (const deployment of items)
          if (!isBefore(range, deployment['updated_at']))
            deliveries.push(...(await deliveriesOf(deployment, scope)))
        yield { items: items.length, next: finished ? undefined : next, deliveries }
        if (finished) return
      }
    },
  }
}

async function deliveriesOf(deployment: Json, scope: GithubScope): Promise<readonly Delivery[]> {
  const id = numericIdOf(deployment['id'])
  if (id === undefined) return []
  const { client, path, range } = scope
  const repository = await scope.repository()
  const statuses: Json[] = []
  for await (const { value } of client.pages(`${path}/deployments/${id}/statuses?per_page=100`))
    statuses.push(...listOf(value).map(objectOf))
  statuses.reverse()
  const ended = statuses.some(
    (status) => ends.has(textOf(status['state']) ?? '') && isIn(range, status['created_at']),
  )
  if (!ended) return []
  const run = await runOfDeployment(statuses, scope)
  const shared = { deployment, repository, ...(run === undefined ? {} : { workflow_run: run }) }
  return [
    { source: 'github', event: { name: 'deployment', payload: { action: 'created', ...shared } } },
    ...statuses.map((status): Delivery => ({
      source: 'github',
      event: {
        name: 'deployment_status',
        payload: { action: 'created', deployment_status: status, ...shared },
      },
    })),
  ]
}
