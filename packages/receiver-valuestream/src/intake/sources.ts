import { type Clock, parseJson, PermanentError, type SourceRequest } from '@spanloom/core'

import type { Source } from '../model/translation.ts'
import {
  type Authenticate,
  authentication,
  customHttpAuthentication,
  githubAuthentication,
  gitlabAuthentication,
  jenkinsAuthentication,
  jiraAuthentication,
} from './authentication.ts'
import type { SourceConfig, SourcesConfig } from './config.ts'
import { type DeliveryKeyOf, githubKey, gitlabKey, jenkinsKey, jiraKey } from './delivery-key.ts'

/** How the deliveries of one source come over HTTP (`valuestream.md` chapter 2). */
export interface ServedSource {
  readonly source: Source
  /** Its name in the settings. */
  readonly name: keyof SourcesConfig
  readonly config: SourceConfig
  /** Whether the settings let it tell its senders from others. */
  readonly authenticated: boolean
  readonly authenticate: Authenticate
  /** Accepted media types; any if absent. */
  readonly mediaTypes?: readonly string[]
  readonly keyOf: DeliveryKeyOf
  /** Header that names the kind of event. */
  readonly eventHeader?: string
  /** Header that tells a delivery from all others, for the log. */
  readonly idHeader?: string
  /** @throws PermanentError when the body is no JSON */
  readonly parse: (request: SourceRequest) => unknown
  /** Whether a request may hold a list of events. */
  readonly lists: boolean
}

const json = 'application/json'
const form = 'application/x-www-form-urlencoded'
const parseBody = (request: SourceRequest): unknown => request.json()
const noKey: DeliveryKeyOf = () => undefined

/** The sources that the settings list. */
export function servedSources(sources: SourcesConfig, clock: Clock): readonly ServedSource[] {
  const { github, gitlab, jenkins, jira, customhttp } = sources
  const served = (
    part: Omit<ServedSource, 'authenticate' | 'authenticated' | 'lists' | 'parse'> & Partial<ServedSource>,
    check: Authenticate | undefined,
  ): ServedSource => ({
    parse: parseBody,
    lists: false,
    ...part,
    authenticated: check !== undefined,
    authenticate: authentication(part.config, check),
  })
  return [
    ...(github === undefined
      ? []
      : [
          served(
            {
              source: 'github',
              name: 'github',
              config: github,
              mediaTypes: [json, form],
              keyOf: githubKey,
              eventHeader: 'x-github-event',
              idHeader: 'x-github-delivery',
              parse: parseGithub,
            },
            githubAuthentication(github),
          ),
        ]),
    ...(gitlab === undefined
      ? []
      : [
          served(
            {
              source: 'gitlab',
              name: 'gitlab',
              config: gitlab,
              mediaTypes: [json],
              keyOf: gitlabKey,
              eventHeader: 'x-gitlab-event',
              idHeader: 'x-gitlab-webhook-uuid',
            },
            gitlabAuthentication(gitlab, clock),
          ),
        ]),
    ...(jenkins === undefined
      ? []
      : [
          served(
            { source: 'jenkins', name: 'jenkins', config: jenkins, keyOf: jenkinsKey },
            jenkinsAuthentication(jenkins),
          ),
        ]),
    ...(jira === undefined
      ? []
      : [
          served(
            {
              source: 'jiracloud',
              name: 'jira',
              config: jira,
              mediaTypes: [json],
              keyOf: jiraKey,
              idHeader: 'x-atlassian-webhook-identifier',
            },
            jiraAuthentication(jira),
          ),
        ]),
    ...(customhttp === undefined
      ? []
      : [
          served(
            { source: 'customhttp', name: 'customhttp', config: customhttp, keyOf: noKey, lists: true },
            customHttpAuthentication(customhttp),
          ),
        ]),
  ]
}

/** GitHub can also send the JSON in a field of a form. */
function parseGithub(request: SourceRequest): unknown {
  if (request.mediaType !== form) return request.json()
  const payload = new URLSearchParams(request.body.toString('utf8')).get('payload')
  if (payload !== null) return parseJson(Buffer.from(payload, 'utf8'))
  throw new PermanentError('INVALID_FORM', 'The form has no field payload.', { grpcStatus: 3 })
}
