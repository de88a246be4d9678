/** Whether repository ids carry host and owner, or the repository's name alone (`valuestream.md` chapter 15). */
export type IdScope = 'full' | 'name'

/** Whether runs have a trace of their own, linked to what caused them, or share its trace (section 6.1). */
export type TraceMode = 'own' | 'join'

/** Settings of a source that decide what its events become. */
export interface GithubOptions {
  readonly traceMode: TraceMode
  /** Makes builds of the check runs of other CI systems. */
  readonly checkRuns: boolean
  /** Makes deploys of published releases. */
  readonly releases: boolean
  /** Whether a cancelled run or job failed. */
  readonly cancelledIsError: boolean
}

export interface GitlabOptions {
  readonly traceMode: TraceMode
  /** Where the spans of jobs come from. */
  readonly jobsFrom: 'auto' | 'job_hook' | 'pipeline'
  readonly releases: boolean
  readonly cancelledIsError: boolean
}

export interface JenkinsOptions {
  /** A build of a job whose name matches is a deploy. */
  readonly deployJobPattern: RegExp
  /** Whether an aborted build failed. */
  readonly cancelledIsError: boolean
}

export interface JiraOptions {
  /** Columns in which an issue is being worked on; names in any case. */
  readonly activeStatuses: readonly string[]
  readonly endStatuses: readonly string[]
  /** Columns in which an issue lies aside: they close it, but make no span. */
  readonly backlogStatuses: readonly string[]
  /** Name of the issue field that holds the sprints. */
  readonly sprintField: string
}

/** The settings that decide what an event becomes. */
export interface TranslationOptions {
  /** Name of the service: the repository's, the source's, or one for all (section 6.6). */
  readonly serviceName: 'repository' | 'source' | { readonly fixed: string }
  readonly spanNaming: 'operation' | 'semconv'
  /** Whether spans carry ValueStream's own tag names, too (chapter 7). */
  readonly legacyTags: boolean
  readonly phases: 'spans' | 'events' | 'off'
  /** Where parents are looked for beside references (chapter 4). */
  readonly inferParents: readonly ('closing_keywords' | 'jira_keys')[]
  /** Whether spans carry names and addresses of people. */
  readonly includeUserAttributes: boolean
  readonly idScope: IdScope
  readonly github: GithubOptions
  readonly gitlab: GitlabOptions
  readonly jenkins: JenkinsOptions
  readonly jira: JiraOptions
  /** Version of the scope `receiver-valuestream`. */
  readonly scopeVersion: string
}

/** What holds for a configuration that says nothing (`valuestream.md` section 2.4). */
export const defaultTranslationOptions: TranslationOptions = {
  serviceName: 'repository',
  spanNaming: 'operation',
  legacyTags: true,
  phases: 'spans',
  inferParents: [],
  includeUserAttributes: false,
  idScope: 'full',
  github: { traceMode: 'own', checkRuns: false, releases: false, cancelledIsError: false },
  gitlab: { traceMode: 'join', jobsFrom: 'auto', releases: false, cancelledIsError: true },
  jenkins: { deployJobPattern: /^deploy:/, cancelledIsError: true },
  jira: {
    activeStatuses: ['Selected for Development', 'In Progress'],
    endStatuses: ['Done'],
    backlogStatuses: ['Backlog'],
    sprintField: 'customfield_10020',
  },
  scopeVersion: '',
}
