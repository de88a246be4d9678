import type { ReportIssue } from '@spanloom/core'

import type { SourceConfig, SourcesConfig } from './config.ts'

/** The settings that the check of the sources looks at. */
export interface CheckedConfig {
  readonly endpoint?: string | undefined
  readonly transport: string
  /** An extension that checks who sends, whatever the source. */
  readonly auth?: unknown
  readonly health_path: string
  readonly sources: SourcesConfig
}

/** Checks what concerns several settings of the sources at once. */
export function checkSources(config: CheckedConfig, report: ReportIssue): void {
  const { sources } = config
  const listed = Object.entries(sources).filter(([, source]) => source !== undefined)
  if (listed.length === 0) report(['sources'], 'no source is listed', 'List one, such as github: {}.')
  checkPaths(config, report)
  if (sources.jenkins !== undefined && !isPattern(sources.jenkins.deploy_job_pattern)) {
    const path = ['sources', 'jenkins', 'deploy_job_pattern']
    report(path, `"${sources.jenkins.deploy_job_pattern}" is no regular expression`)
  }
  if (isPrivate(config) || config.auth !== undefined) return
  for (const [name, source] of Object.entries(sources))
    if (source !== undefined && !isGuarded(source))
      report(
        ['sources', name],
        'anybody who reaches the endpoint could send deliveries',
        'Set its secret or token, listen on 127.0.0.1, or set allow_unauthenticated: true.',
      )
}

function checkPaths({ sources, health_path: health }: CheckedConfig, report: ReportIssue): void {
  const taken = new Map([[health, 'health_path']])
  for (const [name, source] of Object.entries(sources)) {
    if (source === undefined) continue
    const path = source.path === '/' ? '/' : source.path.replace(/\/$/, '')
    const other = taken.get(path)
    if (other !== undefined)
      report(['sources', name, 'path'], `"${source.path}" is the path of ${other}, too`)
    taken.set(path, name)
  }
}

function isGuarded(source: SourceConfig & { readonly signing_token?: string | undefined }): boolean {
  const { secret, token, signing_token: signing, allow_unauthenticated: open } = source
  return open || secret !== undefined || token !== undefined || signing !== undefined
}

/** Whether only the machine itself reaches the receiver (`valuestream.md` section 2.1). */
function isPrivate({ endpoint = '', transport }: CheckedConfig): boolean {
  if (transport === 'unix' || endpoint.startsWith('unix:')) return true
  const host = endpoint.slice(0, Math.max(0, endpoint.lastIndexOf(':')))
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp
  } catch {
    return false
  }
}
