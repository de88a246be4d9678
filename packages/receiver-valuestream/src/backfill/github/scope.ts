import type { RestClient } from '../client/rest-client.ts'
import type { Range } from '../history.ts'

/** What the streams of one repository share. */
export interface GithubScope {
  readonly client: RestClient
  readonly range: Range
  /** Path of the repository in the API. */
  readonly path: string
  /** `owner/name`. */
  readonly name: string
  /** The repository as webhooks show it; read once. */
  readonly repository: () => Promise<Readonly<Record<string, unknown>>>
}
