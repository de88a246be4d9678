import { attribute, control } from '../attributes.ts'
import { Draft } from '../model/draft.ts'
import { listOf, numberOf, numericIdOf, objectAt, objectOf, textOf } from '../model/fields.ts'
import { Item } from '../model/item.ts'
import { addPhase } from '../model/phases.ts'
import { refName } from '../model/ref-name.ts'
import { normalizedResult } from '../model/result.ts'
import { parseTime, secondsBetween } from '../model/time.ts'
import { jobName } from '../model/translated.ts'
import type { Workshop } from '../model/workshop.ts'
import { addJob } from './job-attributes.ts'
import { refType } from './pipeline-ref.ts'
import { addProject, type Project } from './project.ts'
import { endOutcome, endStatuses } from './status.ts'

/** The pipeline that jobs belong to. */
export interface JobsPipeline {
  readonly id: string
  readonly name: string
  readonly project: Project
}

/** More jobs than a pipeline may have. */
const maxJobs = 5_000

/** The jobs of a finished pipeline that ran (`valuestream.md` section 3.2). */
export function pipelineJobs(payload: unknown, pipeline: JobsPipeline, workshop: Workshop): readonly Item[] {
  const attributes = objectAt(payload, 'object_attributes')
  return listOf(objectOf(payload)['builds'])
    .slice(0, maxJobs)
    .flatMap((build) => jobOf(objectOf(build), attributes, pipeline, workshop) ?? [])
}

function jobOf(
  build: Readonly<Record<string, unknown>>,
  attributes: Readonly<Record<string, unknown>>,
  pipeline: JobsPipeline,
  workshop: Workshop,
): Item | undefined {
  const id = numericIdOf(build['id'])
  const status = textOf(build['status'])
  const started = parseTime(build['started_at'])
  const ended = parseTime(build['finished_at'])
  const created = parseTime(build['created_at'])
  if (id === undefined || status === undefined || !endStatuses.has(status)) return undefined
  if (started === undefined || ended === undefined) return undefined

  const { project } = pipeline
  const { namespace, resource } = project
  const name = textOf(build['name'])
  const waited = created === undefined ? undefined : secondsBetween(created, started)
  const draft = new Draft(workshop.options.legacyTags)
  addProject(draft, project)
  addJob(draft, {
    id,
    name,
    stage: textOf(build['stage']),
    runId: pipeline.id,
    projectUrl: project.url,
    runner: build['runner'],
    environment: build['environment'],
  })
  draft
    .set(attribute.pipelineName, pipeline.name)
    .set(attribute.taskRunResult, normalizedResult(status))
    .set(attribute.headName, refName(textOf(attributes['ref'])))
    .set(attribute.headRevision, textOf(attributes['sha']))
    .set(attribute.headType, refType(attributes['tag']))
    .seconds(attribute.ciQueueDuration, numberOf(build['queued_duration']) ?? waited)

  const item = new Item(workshop, {
    source: 'gitlab',
    operation: 'build',
    spanId: namespace.idOf('job', id),
    aliases: namespace.aliasesOf('job', id),
    parent: namespace.idOf('build', pipeline.id),
    name: jobName(workshop, 'build', name),
    resource,
    attributes: draft.attributes,
  })
  const outcome = endOutcome(
    status,
    workshop.options.gitlab.cancelledIsError,
    textOf(build['failure_reason']),
  )
  // A Job Hook knows more of the job.
  item.complete(created ?? started, ended, outcome, { [control.rank]: 15 })
  if (created !== undefined) addPhase(item, 'queue', created, started)
  return item
}
