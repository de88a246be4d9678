import type { RedactionRule } from './rule.ts'

const keep = (...names: readonly string[]): readonly RedactionRule[] =>
  names.map((attribute) => ({ attribute, action: 'keep' }))

/** Rules that come after the user's own. */
export const presets: Readonly<Record<'orchest-telemetry', readonly RedactionRule[]>> = {
  /** What Orchest's own telemetry lets out: identifiers, states and counts, no names and nothing that was typed in. */
  'orchest-telemetry': [
    ...keep('orchest.event.*', 'orchest.source', 'orchest.outcome', 'error.type'),
    ...keep('spanloom.incomplete', 'spanloom.timing.clamped', 'spanloom.fragments', 'spanloom.late'),
    ...keep('spanloom.fragment', 'spanloom.link.reason'),
    ...keep('orchest.project.uuid', 'orchest.job.uuid', 'orchest.job.kind', 'orchest.job.status'),
    ...keep('orchest.job.total_runs', 'orchest.cron_run.*'),
    ...keep('orchest.pipeline_run.uuid', 'orchest.pipeline_run.number', 'orchest.pipeline_run.number_in_run'),
    ...keep('orchest.pipeline_run.status', 'orchest.pipeline_run.steps_count'),
    { attribute: 'orchest.pipeline_run.failed_steps', action: 'count' },
    ...keep('orchest.pipeline.uuid', 'orchest.environment.uuid', 'orchest.image_tag', 'orchest.url_path'),
    ...keep('cicd.pipeline.run.id', 'cicd.pipeline.result', 'orchest.step.uuid'),
    ...keep('orchest.properties.active'),
    { attribute: 'orchest.properties.name', action: 'keep', pattern: '^/[a-z0-9/-]*$' },
    { attribute: 'orchest.link', action: 'keep', values: ['cron-job', 'one-off-job', 'pipeline-run'] },
    { attribute: 'service.name', action: 'keep', values: ['orchest'] },
  ],
}
