import { closest, type ConfigOf, networkFault, type ReportIssue } from '@spanloom/core'
import { builtInTypes } from '@spanloom/orchest'

import { unknownPlaceholders } from './body/template.ts'
import { isReservedHeader } from './sending/request-headers.ts'
import { secretFault } from './sending/signature.ts'
import type { schema } from './settings.ts'
import { isPattern } from './subscription/pattern.ts'

/** Parsed settings. */
export type WebhookConfig = ConfigOf<typeof schema>

/** Parsed settings of one endpoint. */
export type EndpointConfig = WebhookConfig['endpoints'][number]

type Path = readonly (string | number)[]

/** What the schema cannot express. */
export function checkSettings(config: WebhookConfig, report: ReportIssue): void {
  config.allow_networks.forEach((network, at) => {
    const fault = networkFault(network)
    if (fault !== undefined) report(['allow_networks', at], fault, 'Such as 10.1.0.0/16.')
  })
  const names = new Set<string>()
  const types = new Set([...builtInTypes.map(({ type }) => type), ...config.event_types])
  config.endpoints.forEach((endpoint, at) => {
    const path = ['endpoints', at]
    if (names.has(endpoint.name))
      report([...path, 'name'], `two endpoints are called "${endpoint.name}"`, 'Give each a name of its own.')
    names.add(endpoint.name)
    checkUrl(endpoint, path, report)
    checkBody(endpoint, path, report)
    checkTypes(endpoint, types, path, report)
    endpoint.secrets.forEach((secret, which) => {
      const fault = secretFault(secret)
      if (fault !== undefined) report([...path, 'secrets', which], fault)
    })
    for (const name of Object.keys(endpoint.headers ?? {})) {
      if (isReservedHeader(name)) report([...path, 'headers', name], `the header "${name}" cannot be set`)
    }
  })
}

function checkUrl({ url, allow_http }: EndpointConfig, path: Path, report: ReportIssue): void {
  const { protocol, hostname, username, password } = new URL(url)
  if (protocol !== 'https:' && protocol !== 'http:') {
    report([...path, 'url'], 'the URL must begin with https://', 'Such as https://hooks.example.test/spans.')
  } else if (protocol === 'http:' && !allow_http && !isLoopback(hostname)) {
    report([...path, 'url'], 'deliveries would travel in the clear', 'use https://, or set allow_http: true')
  }
  if (username !== '' || password !== '') {
    report([...path, 'url'], 'a user or a password in the URL is not sent', 'use a header')
  }
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

function checkBody({ body, template, format }: EndpointConfig, path: Path, report: ReportIssue): void {
  if (body === 'template' && template === undefined)
    report([...path, 'body'], 'body: template needs a template')
  if (body !== 'template' && template !== undefined) {
    report([...path, 'template'], 'the template is not used', 'set body: template')
  }
  if (format === 'orchest' && body !== 'thin') {
    report([...path, 'body'], 'format: orchest has a body of its own')
  }
  if (template === undefined) return
  for (const name of unknownPlaceholders(template)) {
    const hint = `an attribute is written {{attributes.${name}}}`
    report([...path, 'template'], `the placeholder {{${name}}} means nothing`, hint)
  }
}

/** Only types that begin as Orchest's do are checked; those of other sources may have any name. */
function checkTypes(
  { subscriptions }: EndpointConfig,
  types: ReadonlySet<string>,
  path: Path,
  report: ReportIssue,
): void {
  subscriptions.forEach(({ event_type: type, job_uuid: job, project_uuid: project }, at) => {
    const here = [...path, 'subscriptions', at]
    if (job !== undefined && project === undefined) {
      report([...here, 'job_uuid'], 'a job belongs to a project', 'add project_uuid')
    }
    if (!isOrchestLike(type) || isPattern(type) || types.has(type)) return
    const near = closest(type, types)
    report(
      [...here, 'event_type'],
      `there is no event type "${type}"`,
      near === undefined ? 'list it in event_types if it is your own' : `did you mean "${near}"?`,
    )
  })
}

function isOrchestLike(type: string): boolean {
  const family = type.slice(0, type.indexOf(':') + 1)
  return family !== '' && builtInTypes.some((known) => known.type.startsWith(family))
}
