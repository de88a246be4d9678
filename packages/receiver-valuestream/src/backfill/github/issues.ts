import { listOf, objectOf } from '../../model/fields.ts'
import { type Delivery, type HistoryStream, isBefore, isIn, isoTime } from '../history.ts'
import type { GithubScope } from './scope.ts'

/**
 * The closed issues, the one that changed last first: what changes meanwhile moves to where was read already, so that
 * pages only ever repeat an item and never skip one.
 */
export function issueStream({ client, range, path, name, repository }: GithubScope): HistoryStream {
  const first = `${path}/issues?state=closed&sort=updated&direction=desc&per_page=100&since=${isoTime(range.sinceMs)}`
  return {
    name: `${name} issues`,
    async *pages(from) {
      const known = await repository()
      for await (const { value, next } of client.pages(from ?? first)) {
        const items = listOf(value).map(objectOf)
        // Pull requests are issues, too.
        const issues = items.filter(
          (item) => item['pull_request'] === undefined && isIn(range, item['closed_at']),
        )
        yield {
          items: items.length,
          next,
          deliveries: issues.map((issue): Delivery => ({
            source: 'github',
            event: { name: 'issues', payload: { action: 'closed', issue, repository: known } },
          })),
        }
      }
    },
  }
}

/** The closed pull requests; this list knows no `since`, so it ends with the first page that is too old. */
export function pullRequestStream({ client, range, path, name, repository }: GithubScope): HistoryStream {
  const first = `${path}/pulls?state=closed&sort=updated&direction=desc&per_page=100`
  return {
    name: `${name} pull requests`,
    async *pages(from) {
      const known = await repository()
      for await (const { value, next } of client.pages(from ?? first)) {
        const items = listOf(value).map(objectOf)
        const last = items.at(-1)
        const finished = next === undefined || last === undefined || isBefore(range, last['updated_at'])
        yield {
          items: items.length,
          next: finished ? undefined : next,
          deliveries: items
            .filter((pull) => isIn(range, pull['merged_at'] ?? pull['closed_at']))
            .map((pull): Delivery => ({
              source: 'github',
              event: {
                name: 'pull_request',
                payload: { action: 'closed', pull_request: pull, repository: known },
              },
            })),
        }
        if (finished) return
      }
    },
  }
}
