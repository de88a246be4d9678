import type { RestClient } from '../client/rest-client.ts'
import type { History, Range } from '../history.ts'
import { issueStream } from './issues.ts'
import type { JiraScope } from './scope.ts'
import { sprintStream } from './sprints.ts'

/** Which part of Jira is read. */
export interface JiraHistoryOptions {
  readonly client: RestClient
  /** Key of each project, such as `SHOP`. */
  readonly projects: readonly string[]
  readonly range: Range
}

/** Issues with their way through the columns, and sprints of Jira projects (`valuestream.md` 3.5). */
export function jiraHistory({ client, projects, range }: JiraHistoryOptions): History {
  return projects.flatMap((name) => {
    const scope: JiraScope = { client, range, name }
    return [issueStream(scope), sprintStream(scope)]
  })
}
