import type { RestClient } from '../client/rest-client.ts'
import type { Delivery, Range } from '../history.ts'

/** What the streams of one project share. */
export interface GitlabScope {
  readonly client: RestClient
  readonly range: Range
  /** Path of the project in the API. */
  readonly path: string
  readonly name: string
  /** The project as webhooks show it; read once. */
  readonly project: () => Promise<Readonly<Record<string, unknown>>>
}

/** A delivery of GitLab; the body says what it is about. */
export const delivered = (payload: Readonly<Record<string, unknown>>): Delivery => ({
  source: 'gitlab',
  event: { name: '', payload },
})
