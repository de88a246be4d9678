import { attribute } from '../attributes.ts'
import { Draft } from '../model/draft.ts'
import { countOf, idOf, listOf, numericIdOf, objectAt, objectOf, textOf } from '../model/fields.ts'
import { jobQueueSpanId } from '../model/ids.ts'
import { Item } from '../model/item.ts'
import { addPhase } from '../model/phases.ts'
import { normalizedResult, outcomeOf } from '../model/result.ts'
import { parseTime, secondsBetween } from '../model/time.ts'
import { jobName, translated } from '../model/translated.ts'
import { PayloadError, type Translation } from '../model/translation.ts'
import type { Workshop } from '../model/workshop.ts'
import { isFailure } from './conclusion.ts'
import { addRepository, readRepository, type Repository } from './repository.ts'
import { addSteps } from './workflow-steps.ts'

type Job = Readonly<Record<string, unknown>>

/** `workflow_job`: a job of GitHub Actions with its steps (`valuestream.md` sections 3.1 and 8.1). */
export function translateWorkflowJob(payload: unknown, workshop: Workshop): Translation {
  const job = objectAt(payload, 'workflow_job')
  const id = numericIdOf(job['id'])
  if (id === undefined) throw new PayloadError('workflow_job.id')
  const repository = readRepository(payload, workshop)
  const action = textOf(objectOf(payload)['action'])
  if (action === undefined) throw new PayloadError('action')
  const { namespace, resource } = repository
  const run = numericIdOf(job['run_id'])
  const attempt = countOf(job['run_attempt']) ?? 1
  const conclusion = action === 'completed' ? (textOf(job['conclusion']) ?? '') : undefined

  const item = new Item(workshop, {
    source: 'github',
    operation: 'build',
    spanId: namespace.idOf('build', id),
    aliases: namespace.aliasesOf('build', id),
    parent: run === undefined ? undefined : namespace.idOf('pipeline', `${run}-${attempt}`),
    name: jobName(workshop, 'build', textOf(job['name'])),
    resource,
    attributes: attributesOf(payload, job, id, conclusion, repository, workshop).attributes,
  })
  addEvent(item, action, job, id, conclusion ?? '')
  return translated(item)
}

function addEvent(item: Item, action: string, job: Job, id: string, conclusion: string): void {
  const created = parseTime(job['created_at'])
  const started = parseTime(job['started_at'])
  const ended = parseTime(job['completed_at'])
  const start = created ?? started
  switch (action) {
    case 'queued':
    case 'waiting':
      if (start !== undefined) item.start(start)
      break
    case 'in_progress':
      if (start !== undefined) item.start(start, 5)
      break
    case 'completed': {
      if (ended === undefined) break
      const outcome = outcomeOf(
        conclusion,
        isFailure(conclusion, item.workshop.options.github.cancelledIsError),
      )
      if (start === undefined) item.end(ended, outcome)
      else item.complete(start, ended, outcome)
      if (created !== undefined && started !== undefined) {
        const name = `queue-${textOf(job['name']) ?? ''}`
        addPhase(item, 'queue', created, started, { spanId: jobQueueSpanId(id), name })
      }
      addSteps(item, id, listOf(job['steps']))
      break
    }
    default:
      if (start !== undefined) item.update({ time: ended ?? started ?? start, name: action })
  }
}

function attributesOf(
  payload: unknown,
  job: Job,
  id: string,
  conclusion: string | undefined,
  repository: Repository,
  workshop: Workshop,
): Draft {
  const draft = new Draft(workshop.options.legacyTags)
  const created = parseTime(job['created_at'])
  const started = parseTime(job['started_at'])
  const deployment = objectAt(payload, 'deployment')
  addRepository(draft, repository)
  draft
    .set(attribute.pipelineName, textOf(job['workflow_name']))
    .set(attribute.runId, numericIdOf(job['run_id']))
    .set(attribute.ciAttempt, countOf(job['run_attempt']))
    .set(attribute.taskName, textOf(job['name']))
    .set(attribute.taskRunId, id)
    .set(attribute.taskRunUrl, textOf(job['html_url']))
    .set(attribute.taskRunResult, conclusion ? normalizedResult(conclusion) : undefined)
    .set(attribute.headName, textOf(job['head_branch']))
    .set(attribute.headRevision, textOf(job['head_sha']))
    // 0 is the id of no runner at all.
    .set(attribute.workerId, job['runner_id'] === 0 ? undefined : idOf(job['runner_id']))
    .set(attribute.workerName, textOf(job['runner_name']))
    .list(attribute.workerLabels, listOf(job['labels']).map(textOf))
  if (conclusion !== undefined && created !== undefined && started !== undefined)
    draft.seconds(attribute.ciQueueDuration, secondsBetween(created, started))
  // A job that targets an environment brings the deployment that it carries out.
  const deploymentId = idOf(deployment['id'])
  if (deploymentId !== undefined) {
    draft
      .set(attribute.taskType, 'deploy')
      .set(attribute.deploymentId, deploymentId)
      .set(attribute.environmentName, textOf(deployment['environment']))
  }
  return draft
}
