import type { TranslationOptions } from '../model/options.ts'

/** What the settings of every source have in common. */
export interface SourceConfig {
  readonly path: string
  readonly allow_unauthenticated: boolean
  readonly required_headers?: Readonly<Record<string, string>> | undefined
  readonly secret?: string | undefined
  readonly token?: string | undefined
}

export interface GithubConfig extends SourceConfig {
  readonly allow_sha1: boolean
  readonly actions: { readonly trace_mode: 'own' | 'join' }
  readonly check_runs: boolean
  readonly releases: boolean
  readonly cancelled_is_error: boolean
}

export interface GitlabConfig extends SourceConfig {
  readonly signing_token?: string | undefined
  /** Milliseconds. */
  readonly timestamp_tolerance: number
  readonly jobs_from: 'auto' | 'job_hook' | 'pipeline'
  readonly trace_mode: 'own' | 'join'
  readonly releases: boolean
  readonly cancelled_is_error: boolean
}

export interface JenkinsConfig extends SourceConfig {
  readonly deploy_job_pattern: string
  readonly cancelled_is_error: boolean
}

export interface JiraConfig extends SourceConfig {
  readonly active_statuses: readonly string[]
  readonly end_statuses: readonly string[]
  readonly backlog_statuses: readonly string[]
  readonly sprint_field: string
}

/** The sources that a receiver serves. */
export interface SourcesConfig {
  readonly github?: GithubConfig | undefined
  readonly gitlab?: GitlabConfig | undefined
  readonly jenkins?: JenkinsConfig | undefined
  readonly jira?: JiraConfig | undefined
  readonly customhttp?: SourceConfig | undefined
}

/** The parsed settings that decide what events become. */
export interface TranslationConfig {
  readonly service_name: string
  readonly span_naming: 'operation' | 'semconv'
  readonly legacy_tags: boolean
  readonly phases: 'spans' | 'events' | 'off'
  readonly infer_parents: readonly ('closing_keywords' | 'jira_keys')[]
  readonly include_user_attributes: boolean
  readonly id_scope: 'full' | 'name'
  readonly sources: SourcesConfig
}

/** The options of the translation that settings stand for; what a source that is not served would do does not matter. */
export function translationOptions(
  config: TranslationConfig,
  scopeVersion: string,
  defaults: TranslationOptions,
): TranslationOptions {
  const { github, gitlab, jenkins, jira } = config.sources
  return {
    serviceName: serviceName(config.service_name),
    spanNaming: config.span_naming,
    legacyTags: config.legacy_tags,
    phases: config.phases,
    inferParents: config.infer_parents,
    includeUserAttributes: config.include_user_attributes,
    idScope: config.id_scope,
    scopeVersion,
    github:
      github === undefined
        ? defaults.github
        : {
            traceMode: github.actions.trace_mode,
            checkRuns: github.check_runs,
            releases: github.releases,
            cancelledIsError: github.cancelled_is_error,
          },
    gitlab:
      gitlab === undefined
        ? defaults.gitlab
        : {
            traceMode: gitlab.trace_mode,
            jobsFrom: gitlab.jobs_from,
            releases: gitlab.releases,
            cancelledIsError: gitlab.cancelled_is_error,
          },
    jenkins:
      jenkins === undefined
        ? defaults.jenkins
        : {
            deployJobPattern: new RegExp(jenkins.deploy_job_pattern),
            cancelledIsError: jenkins.cancelled_is_error,
          },
    jira:
      jira === undefined
        ? defaults.jira
        : {
            activeStatuses: jira.active_statuses,
            endStatuses: jira.end_statuses,
            backlogStatuses: jira.backlog_statuses,
            sprintField: jira.sprint_field,
          },
  }
}

function serviceName(setting: string): TranslationOptions['serviceName'] {
  if (setting === 'source' || setting === 'repository') return setting
  return { fixed: setting.slice('fixed:'.length) }
}
