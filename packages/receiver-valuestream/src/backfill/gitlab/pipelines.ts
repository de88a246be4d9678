import { listOf, numericIdOf, objectOf, textOf } from '../../model/fields.ts'
import { type Delivery, type HistoryStream, isIn, isoTime } from '../history.ts'
import { delivered, type GitlabScope } from './scope.ts'

type Json = Readonly<Record<string, unknown>>

const ends: ReadonlySet<string> = new Set(['success', 'failed', 'canceled', 'skipped'])
const mergeRequestRef = /^refs\/merge-requests\/(\d+)\//

/** The finished pipelines, each with its jobs, as their last hook tells them. */
export function pipelineStream(scope: GitlabScope): HistoryStream {
  const { client, range, path, name } = scope
  const first = `${path}/pipelines?scope=finished&order_by=updated_at&sort=desc&per_page=100&updated_after=${isoTime(range.sinceMs)}`
  return {
    name: `${name} pipelines`,
    async *pages(from) {
      for await (const { value, next } of client.pages(from ?? first)) {
        const items = listOf(value).map(objectOf)
        const deliveries: Delivery[] = []
        for (const item of items)
          if (ends.has(textOf(item['status']) ?? '')) deliveries.push(...(await deliveryOf(item, scope)))
        yield { items: items.length, next, deliveries }
      }
    },
  }
}

/** The list leaves out when a pipeline finished, so each one is asked for. */
async function deliveryOf(
  listed: Json,
  { client, range, path, project }: GitlabScope,
): Promise<readonly Delivery[]> {
  const id = numericIdOf(listed['id'])
  if (id === undefined) return []
  const pipeline = objectOf((await client.get(`${path}/pipelines/${id}`)).value)
  if (!isIn(range, pipeline['finished_at'] ?? pipeline['updated_at'])) return []
  const builds: Json[] = []
  for await (const { value } of client.pages(
    `${path}/pipelines/${id}/jobs?include_retried=true&per_page=100`,
  ))
    builds.push(...listOf(value).map(objectOf))
  const [, iid] = mergeRequestRef.exec(textOf(pipeline['ref']) ?? '') ?? []
  return [
    delivered({
      object_kind: 'pipeline',
      project: await project(),
      object_attributes: { ...pipeline, url: pipeline['web_url'] },
      ...(iid === undefined ? {} : { merge_request: { iid: Number(iid) } }),
      builds,
    }),
  ]
}
