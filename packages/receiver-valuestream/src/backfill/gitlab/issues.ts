import { listOf, objectOf, textOf } from '../../model/fields.ts'
import { type HistoryPage, type HistoryStream, isIn, isoTime } from '../history.ts'
import { delivered, type GitlabScope } from './scope.ts'

type Json = Readonly<Record<string, unknown>>

/** What changed last comes first, so that changes made meanwhile repeat items rather than skip them. */
const newestFirst = 'order_by=updated_at&sort=desc&per_page=100'

/** The closed issues. */
export function issueStream(scope: GitlabScope): HistoryStream {
  const { path, name, range } = scope
  const first = `${path}/issues?scope=all&state=closed&${newestFirst}&updated_after=${isoTime(range.sinceMs)}`
  return {
    name: `${name} issues`,
    pages: (from) =>
      itemPages(scope, from ?? first, (issue, project) =>
        isIn(range, issue['closed_at'])
          ? delivered({
              object_kind: 'issue',
              project,
              object_attributes: {
                ...issue,
                action: 'close',
                url: issue['web_url'],
                type: issue['issue_type'],
                labels: titled(issue['labels']),
              },
            })
          : undefined,
      ),
  }
}

/** The merged and the closed merge requests; the list takes one state at a time, so it is asked for all. */
export function mergeRequestStream(scope: GitlabScope): HistoryStream {
  const { path, name, range } = scope
  const first = `${path}/merge_requests?scope=all&state=all&${newestFirst}&updated_after=${isoTime(range.sinceMs)}`
  return {
    name: `${name} merge requests`,
    pages: (from) =>
      itemPages(scope, from ?? first, (request, project) => {
        const merged = request['state'] === 'merged'
        if (!merged && request['state'] !== 'closed') return undefined
        if (!isIn(range, merged ? request['merged_at'] : request['closed_at'])) return undefined
        return delivered({
          object_kind: 'merge_request',
          project,
          object_attributes: {
            ...request,
            action: merged ? 'merge' : 'close',
            url: request['web_url'],
            labels: titled(request['labels']),
            last_commit: { id: request['sha'] },
            merge_commit_sha: textOf(request['merge_commit_sha']) ?? textOf(request['squash_commit_sha']),
          },
        })
      }),
  }
}

/** Pages of a list whose items each make a delivery or none. */
export async function* itemPages(
  { client, project }: GitlabScope,
  from: string,
  toDelivery: (item: Json, project: Json) => ReturnType<typeof delivered> | undefined,
): AsyncGenerator<HistoryPage, void, undefined> {
  const known = await project()
  for await (const { value, next } of client.pages(from)) {
    const items = listOf(value).map(objectOf)
    yield { items: items.length, next, deliveries: items.flatMap((item) => toDelivery(item, known) ?? []) }
  }
}

/** Labels as webhooks show them. */
const titled = (labels: unknown): readonly Json[] =>
  listOf(labels).flatMap((label) => (textOf(label) === undefined ? [] : { title: label }))
