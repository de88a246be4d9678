import type { RestClient } from '../client/rest-client.ts'
import type { Delivery, Range } from '../history.ts'

/** What the streams of one project share. */
export interface JiraScope {
  readonly client: RestClient
  readonly range: Range
  /** Key of the project. */
  readonly name: string
}

/** A delivery of Jira. */
export const delivered = (payload: Readonly<Record<string, unknown>>): Delivery => ({
  source: 'jiracloud',
  event: { name: '', payload },
})
