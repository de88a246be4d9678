import { objectOf } from '../../model/fields.ts'
import type { RestClient } from '../client/rest-client.ts'
import type { History, HistoryStream, Range } from '../history.ts'
import { deploymentStream } from './deployments.ts'
import { issueStream, pullRequestStream } from './issues.ts'
import { runStream } from './runs.ts'
import type { GithubScope } from './scope.ts'

/** Which part of GitHub is read. */
export interface GithubHistoryOptions {
  readonly client: RestClient
  /** `owner/name` of each repository. */
  readonly repositories: readonly string[]
  readonly range: Range
}

/** Issues, pull requests, runs with their jobs, and deployments of GitHub repositories (`valuestream.md` 3.1). */
export function githubHistory({ client, repositories, range }: GithubHistoryOptions): History {
  return repositories.flatMap((name): readonly HistoryStream[] => {
    const path = `/repos/${name.split('/').map(encodeURIComponent).join('/')}`
    let repository: Promise<Readonly<Record<string, unknown>>> | undefined
    const scope: GithubScope = {
      client,
      range,
      path,
      name,
      repository: () => (repository ??= client.get(path).then(({ value }) => objectOf(value))),
    }
    return [issueStream(scope), pullRequestStream(scope), runStream(scope), deploymentStream(scope)]
  })
}
