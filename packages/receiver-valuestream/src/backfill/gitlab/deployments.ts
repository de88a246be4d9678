import { listOf, objectAt, objectOf, textOf } from '../../model/fields.ts'
import { type Delivery, type HistoryStream, isIn, isoTime } from '../history.ts'
import { delivered, type GitlabScope } from './scope.ts'

type Json = Readonly<Record<string, unknown>>

const ends: ReadonlySet<string> = new Set(['success', 'failed', 'canceled', 'skipped'])

/** The deployments that ended: each as the two hooks of its start and its end. */
export function deploymentStream({ client, range, path, name, project }: GitlabScope): HistoryStream {
  const first = `${path}/deployments?order_by=updated_at&sort=desc&per_page=100&updated_after=${isoTime(range.sinceMs)}`
  return {
    name: `${name} deployments`,
    async *pages(from) {
      const known = await project()
      for await (const { value, next } of client.pages(from ?? first)) {
        const items = listOf(value).map(objectOf)
        yield { items: items.length, next, deliveries: items.flatMap((item) => hooksOf(item, known, range)) }
      }
    },
  }
}

function hooksOf(deployment: Json, project: Json, range: Parameters<typeof isIn>[0]): readonly Delivery[] {
  const status = textOf(deployment['status'])
  const job = objectAt(deployment, 'deployable')
  const ended = textOf(job['finished_at']) ?? textOf(deployment['updated_at'])
  if (status === undefined || !ends.has(status) || !isIn(range, ended)) return []
  const environment = objectAt(deployment, 'environment')
  const sha = textOf(deployment['sha'])
  const shared = {
    object_kind: 'deployment',
    project,
    deployment_id: deployment['id'],
    deployable_id: job['id'],
    deployable_url: job['web_url'],
    environment: environment['name'],
    environment_tier: environment['tier'],
    ref: deployment['ref'],
    short_sha: sha?.slice(0, 8),
    commit_url: sha === undefined ? undefined : `${String(project['web_url'])}/-/commit/${sha}`,
  }
  return [
    delivered({
      ...shared,
      status: 'running',
      status_changed_at: textOf(job['started_at']) ?? deployment['created_at'],
    }),
    delivered({ ...shared, status, status_changed_at: ended }),
  ]
}
