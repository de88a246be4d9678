import type { ConfigOf } from '@spanloom/core'

/** Settings of `value_stream`. */
export const valueStreamSchema = {
  type: 'object',
  properties: {
    window: {
      type: 'string',
      format: 'duration',
      default: '720h',
      minimumMs: 86_400_000,
      maximumMs: 31_622_400_000,
      description: 'Time that the figures are about, at least `24h`.',
    },
    window_end: {
      type: 'string',
      enum: ['now', 'newest'],
      default: 'now',
      description:
        'Where the window ends: `now`, or at the newest production deployment, which suits replayed history.',
    },
    group_by: {
      type: 'string',
      enum: ['none', 'repository'],
      default: 'none',
      description: 'Figures over everything, or also for each repository (attribute `repository`).',
    },
    max_groups: {
      type: 'integer',
      minimum: 1,
      maximum: 1_000,
      default: 50,
      description: 'Most repositories with figures of their own: those with the most deployments.',
    },
    max_items: {
      type: 'integer',
      minimum: 100,
      maximum: 1_000_000,
      default: 10_000,
      description:
        'How many of the newest deployments, changes, issues and runs, each, are remembered. The memory of about 0.5 kB for each is bounded by it.',
    },
    lead_time_from: {
      type: 'string',
      enum: ['opened', 'merged'],
      default: 'opened',
      description: 'Where the lead time of a change begins: its request was opened, or merged.',
    },
    production: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      commaSeparated: true,
      default: ['production', 'prod', 'live'],
      description: 'Environments, or tiers, that count as production; capitalisation does not matter.',
    },
    environment_attributes: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      commaSeparated: true,
      default: [
        'deployment.environment.name',
        'build.parameter.environment',
        'build.parameter.ENVIRONMENT',
        'environment',
      ],
      description:
        'Attributes of a deployment that may name its environment, where it has no `vs.deployment.tier`; the first counts.',
    },
    no_environment: {
      type: 'string',
      enum: ['production', 'exclude'],
      default: 'production',
      description: 'What a deployment counts as that names no environment.',
    },
    bug_types: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      commaSeparated: true,
      default: ['bug', 'defect', 'incident', 'hotfix'],
      description: 'Types of issues whose deployments are rework.',
    },
    bug_labels: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      commaSeparated: true,
      default: ['bug', 'defect', 'incident', 'hotfix'],
      description: 'Labels of issues and changes whose deployments are rework.',
    },
    incident_types: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      commaSeparated: true,
      default: ['incident'],
      description: 'Types of issues that make the deployment they name a failure.',
    },
    incident_labels: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      commaSeparated: true,
      default: ['incident'],
      description: 'Labels of issues that make the deployment they name a failure.',
    },
    report_interval: {
      type: 'string',
      format: 'duration',
      default: '0s',
      minimumMs: 0,
      description:
        'How often the figures are logged when they have changed, and at the stop; `0s` means never.',
    },
    storage: {
      type: 'string',
      reference: 'extension',
      role: 'storage',
      description:
        'Id of a storage extension, such as `file_storage`: what is remembered survives restarts. Otherwise the figures begin anew.',
    },
  },
  additionalProperties: false,
} as const

/** Parsed settings of `value_stream`. */
export type ValueStreamConfig = ConfigOf<typeof valueStreamSchema>
