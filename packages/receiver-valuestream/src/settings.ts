/** Settings that every source has. */
export const sourceSettings = {
  allow_unauthenticated: {
    type: 'boolean',
    default: false,
    description: 'Takes deliveries from anybody, even where the network reaches the receiver.',
  },
  required_headers: {
    type: 'object',
    additionalProperties: { type: 'string', secret: true },
    description:
      'Headers that a delivery must carry with exactly these values; others are answered with 401.',
  },
} as const

/** Settings of GitHub (`valuestream.md` sections 2.1 and 2.4). */
export const githubSettings = {
  path: { type: 'string', pattern: '^/', default: '/github', description: 'Path that takes the deliveries.' },
  secret: {
    type: 'string',
    minLength: 1,
    secret: true,
    description: 'Secret of the webhook, with which GitHub signs every delivery.',
  },
  allow_sha1: {
    type: 'boolean',
    default: false,
    description: 'Accepts the old SHA-1 signature of deliveries that have no other.',
  },
  actions: {
    type: 'object',
    properties: {
      trace_mode: {
        type: 'string',
        enum: ['own', 'join'],
        default: 'own',
        description:
          '`own`: every run is a trace of its own, linked to its pull request. `join`: it is part of that trace.',
      },
    },
    additionalProperties: false,
  },
  check_runs: {
    type: 'boolean',
    default: false,
    description: 'Makes builds of the check runs of other CI systems.',
  },
  releases: { type: 'boolean', default: false, description: 'Makes deploys of published releases.' },
  cancelled_is_error: {
    type: 'boolean',
    default: false,
    description: 'Whether a cancelled run or job failed.',
  },
} as const

/** Settings of GitLab. */
export const gitlabSettings = {
  path: { type: 'string', pattern: '^/', default: '/gitlab', description: 'Path that takes the deliveries.' },
  token: {
    type: 'string',
    minLength: 1,
    secret: true,
    description: 'Secret token of the webhook, which GitLab sends as `X-Gitlab-Token`.',
  },
  signing_token: {
    type: 'string',
    minLength: 1,
    secret: true,
    description:
      'Signing token of the webhook; every delivery must then be signed with it, whatever `token` says.',
  },
  timestamp_tolerance: {
    type: 'string',
    format: 'duration',
    default: '5m',
    minimumMs: 1000,
    description: 'How far the time of a signed delivery may be off.',
  },
  jobs_from: {
    type: 'string',
    enum: ['auto', 'job_hook', 'pipeline'],
    default: 'auto',
    description: 'Which hooks make the spans of jobs: both, Job Hooks only, or finished pipelines only.',
  },
  trace_mode: {
    type: 'string',
    enum: ['own', 'join'],
    default: 'join',
    description:
      '`join`: a pipeline is part of the trace of its merge request. `own`: it has one of its own, linked to that.',
  },
  releases: { type: 'boolean', default: false, description: 'Makes deploys of created releases.' },
  cancelled_is_error: {
    type: 'boolean',
    default: true,
    description: 'Whether a canceled pipeline, job or deployment failed.',
  },
} as const

/** Settings of Jenkins. */
export const jenkinsSettings = {
  path: { type: 'string', pattern: '^/', default: '/jenkins', description: 'Path that takes the records.' },
  token: {
    type: 'string',
    minLength: 1,
    secret: true,
    description: 'What the URL carries as `?token=`, or a header as `X-VS-Token` or `Authorization: Bearer`.',
  },
  deploy_job_pattern: {
    type: 'string',
    minLength: 1,
    default: '^deploy:',
    description: 'Regular expression; a build of a job whose name matches is a deploy.',
  },
  cancelled_is_error: { type: 'boolean', default: true, description: 'Whether an aborted build failed.' },
} as const

/** Settings of Jira. */
export const jiraSettings = {
  path: { type: 'string', pattern: '^/', default: '/jira', description: 'Path that takes the deliveries.' },
  secret: {
    type: 'string',
    minLength: 1,
    secret: true,
    description: 'Secret of the webhook, with which Jira signs every delivery.',
  },
  token: {
    type: 'string',
    minLength: 1,
    secret: true,
    description: 'What the URL of an old webhook without a secret carries as `?token=`.',
  },
  active_statuses: {
    type: 'array',
    items: { type: 'string', minLength: 1 },
    default: ['Selected for Development', 'In Progress'],
    description: 'Columns in which an issue is being worked on.',
  },
  end_statuses: {
    type: 'array',
    items: { type: 'string', minLength: 1 },
    default: ['Done'],
    description: 'Columns in which an issue is done.',
  },
  backlog_statuses: {
    type: 'array',
    items: { type: 'string', minLength: 1 },
    default: ['Backlog'],
    description: 'Columns that put an issue aside: they end its span, but never make one.',
  },
  sprint_field: {
    type: 'string',
    minLength: 1,
    default: 'customfield_10020',
    description: 'Name of the issue field that holds the sprints.',
  },
} as const

/** Settings of custom HTTP events. */
export const customHttpSettings = {
  path: { type: 'string', pattern: '^/', default: '/customhttp', description: 'Path that takes the events.' },
  secret: {
    type: 'string',
    minLength: 1,
    secret: true,
    description: 'Secret with which the sender signs the body: HMAC-SHA256 in `X-VS-Signature`.',
  },
  token: {
    type: 'string',
    minLength: 1,
    secret: true,
    description: 'What the sender sends as `Authorization: Bearer`.',
  },
} as const

/** Settings that decide what events become, for all sources. */
export const translationSettings = {
  service_name: {
    type: 'string',
    pattern: '^(repository|source|fixed:.+)$',
    examples: ['fixed:shop', 'repository', 'source'],
    default: 'repository',
    description:
      '`repository`: the service is named after the repository, project or job. `source`: after the source. `fixed:<name>`: so.',
  },
  span_naming: {
    type: 'string',
    enum: ['operation', 'semconv'],
    default: 'operation',
    description: '`operation`: `build`, `deploy`. `semconv`: `RUN <pipeline>`, the name of the job.',
  },
  legacy_tags: {
    type: 'boolean',
    default: true,
    description: 'Also gives spans the tag names of ValueStream.',
  },
  phases: {
    type: 'string',
    enum: ['spans', 'events', 'off'],
    default: 'spans',
    description: 'What queue times, columns and other phases of an operation become.',
  },
  infer_parents: {
    type: 'array',
    items: { type: 'string', enum: ['closing_keywords', 'jira_keys'] },
    default: [],
    description: 'Where parents are looked for beside `vstrace-…` references.',
  },
  include_user_attributes: {
    type: 'boolean',
    default: false,
    description: 'Gives spans the names, logins and e-mail addresses of people.',
  },
  id_scope: {
    type: 'string',
    enum: ['full', 'name'],
    default: 'full',
    description:
      '`full`: ids name host, owner and repository. `name`: the repository alone, as ValueStream does.',
  },
} as const
