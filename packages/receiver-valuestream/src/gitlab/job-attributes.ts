import { attribute } from '../attributes.ts'
import type { Draft } from '../model/draft.ts'
import { idOf, listOf, objectOf, textOf } from '../model/fields.ts'

/** What a Job Hook and an entry of a pipeline's jobs say alike. */
export interface JobFacts {
  readonly id: string
  readonly name: string | undefined
  readonly stage: string | undefined
  readonly runId: string | undefined
  /** The project's page. */
  readonly projectUrl: string | undefined
  readonly runner: unknown
  readonly environment: unknown
}

/** Attributes of a job, wherever it was told of (`valuestream.md` chapter 7). */
export function addJob(draft: Draft, facts: JobFacts): void {
  const { id, projectUrl } = facts
  const runner = objectOf(facts.runner)
  const environment = objectOf(facts.environment)
  const environmentName = textOf(environment['name'])
  draft
    .set(attribute.taskName, facts.name)
    .set(attribute.taskRunId, id)
    .set(attribute.taskRunUrl, projectUrl === undefined ? undefined : `${projectUrl}/-/jobs/${id}`)
    .set(attribute.runId, facts.runId)
    .set(attribute.ciStage, facts.stage)
    .set(attribute.workerId, idOf(runner['id']))
    .set(attribute.workerName, textOf(runner['description']))
    .list(attribute.workerLabels, listOf(runner['tags']).map(textOf))
    .set(attribute.environmentName, environmentName)
    .set(attribute.deploymentTier, textOf(environment['deployment_tier']))
  // Other actions stop or only look at an environment.
  if (environmentName !== undefined && environment['action'] === 'start')
    draft.set(attribute.taskType, 'deploy')
}
