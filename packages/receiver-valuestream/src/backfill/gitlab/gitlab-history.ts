import { objectAt, objectOf, textOf } from '../../model/fields.ts'
import type { RestClient } from '../client/rest-client.ts'
import type { History, HistoryStream, Range } from '../history.ts'
import { deploymentStream } from './deployments.ts'
import { issueStream, mergeRequestStream } from './issues.ts'
import { pipelineStream } from './pipelines.ts'
import type { GitlabScope } from './scope.ts'

/** Which part of GitLab is read. */
export interface GitlabHistoryOptions {
  readonly client: RestClient
  /** Path with namespace, or number, of each project. */
  readonly projects: readonly string[]
  readonly range: Range
}

/** Issues, merge requests, pipelines with their jobs, and deployments of GitLab projects (`valuestream.md` 3.2). */
export function gitlabHistory({ client, projects, range }: GitlabHistoryOptions): History {
  return projects.flatMap((name): readonly HistoryStream[] => {
    const path = `/projects/${encodeURIComponent(name)}`
    let project: Promise<Readonly<Record<string, unknown>>> | undefined
    const scope: GitlabScope = {
      client,
      range,
      path,
      name,
      project: () => (project ??= client.get(path).then(({ value }) => projectOf(objectOf(value)))),
    }
    return [issueStream(scope), mergeRequestStream(scope), pipelineStream(scope), deploymentStream(scope)]
  })
}

/** Numbers that webhooks have for the words of the API. */
const visibilities: ReadonlyMap<string, number> = new Map([
  ['private', 0],
  ['internal', 10],
  ['public', 20],
])

function projectOf(project: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return {
    id: project['id'],
    name: project['name'],
    namespace: objectAt(project, 'namespace')['name'],
    path_with_namespace: project['path_with_namespace'],
    web_url: project['web_url'],
    git_ssh_url: project['ssh_url_to_repo'],
    visibility_level: visibilities.get(textOf(project['visibility']) ?? ''),
    default_branch: project['default_branch'],
  }
}
