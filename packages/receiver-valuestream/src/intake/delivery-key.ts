import { hash } from 'node:crypto'

import type { SourceRequest } from '@spanloom/core'

/** What makes two deliveries the same one (`valuestream.md` section 2.3). */
export interface DeliveryKey {
  readonly text: string
  /** Whether an equal one much later is another delivery. */
  readonly windowed: boolean
}

type Sent = Pick<SourceRequest, 'headers' | 'body'>

/** Tells the key of a delivery; undefined where none can be told. */
export type DeliveryKeyOf = (request: Sent) => DeliveryKey | undefined

/** A manual redelivery repeats the id. */
export const githubKey: DeliveryKeyOf = (request) => byHeader(request, 'github', 'x-github-delivery')

/** The other ids that GitLab sends name the hook, or the event of all hooks. */
export const gitlabKey: DeliveryKeyOf = (request) =>
  byHeader(request, 'gitlab', 'idempotency-key') ??
  byHeader(request, 'gitlab', 'webhook-id') ??
  byBody(request, 'gitlab', headerOf(request, 'x-gitlab-event') ?? '')

/** The identifier stays the same over all attempts. */
export const jiraKey: DeliveryKeyOf = (request) =>
  byHeader(request, 'jiracloud', 'x-atlassian-webhook-identifier') ?? byBody(request, 'jiracloud')

/** Records have no id; the same one twice in a short time is one. */
export const jenkinsKey: DeliveryKeyOf = (request) => ({ ...byBody(request, 'jenkins'), windowed: true })

function byHeader(request: Sent, source: string, name: string): DeliveryKey | undefined {
  const value = headerOf(request, name)
  if (value === undefined) return undefined
  // An id of a few kilobytes would make ten thousand of them too dear.
  return { text: `${source}/${value.length > 128 ? hash('sha256', value) : value}`, windowed: false }
}

function byBody({ body }: Sent, source: string, event = ''): DeliveryKey {
  return { text: `${source}/${event}/${hash('sha256', body)}`, windowed: false }
}

function headerOf({ headers }: Sent, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}
