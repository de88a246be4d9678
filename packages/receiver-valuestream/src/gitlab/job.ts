import { attribute } from '../attributes.ts'
import { Draft } from '../model/draft.ts'
import { idOf, numberOf, numericIdOf, objectAt, objectOf, textOf } from '../model/fields.ts'
import { Item } from '../model/item.ts'
import { addPerson } from '../model/people.ts'
import { addPhase } from '../model/phases.ts'
import { refName } from '../model/ref-name.ts'
import { normalizedResult } from '../model/result.ts'
import { parseTime, secondsBetween } from '../model/time.ts'
import { jobName, translated } from '../model/translated.ts'
import { ignored, PayloadError, type Translation } from '../model/translation.ts'
import type { Workshop } from '../model/workshop.ts'
import { addJob } from './job-attributes.ts'
import { refType } from './pipeline-ref.ts'
import { addProject, type Project, readProject } from './project.ts'
import { endOutcome, endStatuses, legacyState } from './status.ts'

type Job = Readonly<Record<string, unknown>>

const startStatuses: ReadonlySet<string> = new Set(['created', 'pending'])

/** Job Hook (`valuestream.md` section 3.2). */
export function translateJob(payload: unknown, workshop: Workshop): Translation {
  const job = objectOf(payload)
  const id = numericIdOf(job['build_id'])
  if (id === undefined) throw new PayloadError('build_id')
  const status = textOf(job['build_status'])
  if (status === undefined) throw new PayloadError('build_status')
  const project = readProject(payload, workshop)
  if (workshop.options.gitlab.jobsFrom === 'pipeline') return ignored('unsupported_type')
  const { namespace, resource } = project
  // In Job Hooks the id of the commit is that of the pipeline.
  const pipeline = numericIdOf(job['pipeline_id']) ?? numericIdOf(objectOf(job['commit'])['id'])
  const original = originalId(job, id)
  const times = timesOf(job)

  const item = new Item(workshop, {
    source: 'gitlab',
    operation: 'build',
    spanId: namespace.idOf('job', id),
    aliases: [...namespace.aliasesOf('job', id), ...(original === undefined ? [] : [original])],
    parent: pipeline === undefined ? undefined : namespace.idOf('build', pipeline),
    name: jobName(workshop, 'build', textOf(job['build_name'])),
    resource,
    attributes: attributesOf(job, { id, status, pipeline, project, times }, workshop).attributes,
  })
  addEvent(item, status, times, textOf(job['build_failure_reason']))
  return translated(item)
}

/** The id that ValueStream gave jobs, blanks and slash of the project's name included. */
function originalId(job: Job, id: string): string | undefined {
  const project = textOf(job['project_name'])
  return project === undefined ? undefined : `vstrace-gitlab-build-${project}-${id}`
}

interface Times {
  readonly created: bigint | undefined
  readonly started: bigint | undefined
  readonly finished: bigint | undefined
}

function timesOf(job: Job): Times {
  const time = (name: string): bigint | undefined => parseTime(job[`${name}_iso`]) ?? parseTime(job[name])
  return {
    created: time('build_created_at'),
    started: time('build_started_at'),
    finished: time('build_finished_at'),
  }
}

function addEvent(
  item: Item,
  status: string,
  { created, started, finished }: Times,
  reason: string | undefined,
): void {
  const start = created ?? started
  const latest = finished ?? started ?? created
  if (start === undefined || latest === undefined) {
    if (finished !== undefined && endStatuses.has(status))
      item.end(finished, outcomeOfJob(item, status, reason))
  } else if (startStatuses.has(status)) item.start(start)
  else if (status === 'running') item.start(start, 5)
  else if (endStatuses.has(status)) {
    item.complete(start, latest, outcomeOfJob(item, status, reason))
    if (created !== undefined && started !== undefined) addPhase(item, 'queue', created, started)
  } else item.update({ time: latest, name: status })
}

function outcomeOfJob(item: Item, status: string, reason: string | undefined): ReturnType<typeof endOutcome> {
  return endOutcome(status, item.workshop.options.gitlab.cancelledIsError, reason)
}

interface Facts {
  readonly id: string
  readonly status: string
  readonly pipeline: string | undefined
  readonly project: Project
  readonly times: Times
}

function attributesOf(job: Job, { id, status, pipeline, project, times }: Facts, workshop: Workshop): Draft {
  const draft = new Draft(workshop.options.legacyTags)
  const commit = objectOf(job['commit'])
  const user = objectOf(job['user'])
  const { created, started } = times
  const waited = created === undefined || started === undefined ? undefined : secondsBetween(created, started)
  const ended = endStatuses.has(status)
  addProject(draft, project)
  addJob(draft, {
    id,
    name: textOf(job['build_name']),
    stage: textOf(job['build_stage']),
    runId: pipeline,
    projectUrl: project.url,
    runner: job['runner'],
    environment: job['environment'],
  })
  const retries = numberOf(job['retries_count'])
  draft
    .tag('service', 'gitlab')
    .tag('event.state', status)
    .tag('build.kind', job['object_kind'])
    .tag('build.ref', job['ref'])
    .tag('build.tag', job['tag'])
    // ValueStream misspelt it; those who know better find it under its right name.
    .tag('build.je.ore_sha', job['before_sha'])
    .tag('build.before_sha', job['before_sha'])
    .tag('build.sha', job['sha'])
    .tag('build.id', job['build_id'])
    .tag('build.name', job['build_name'])
    .tag('build.stage', job['build_stage'])
    .tag('build.status', status)
    .tag('build.allow_failure', job['build_allow_failure'])
    .tag('build.project.id', job['project_id'])
    .tag('build.project.name', job['project_name'])
    .tag('user.id', user['id'])
    .tag('scm.commit.id', commit['id'])
    .tag('scm.commit.sha', commit['sha'])
    .tag('scm.commit.status', commit['status'])
    .tag('vstrace.span.id', originalId(job, id))
    .tag('vstrace.parent.id', pipeline && project.namespace.shortIdOf('build', pipeline))
    .tag('vstrace.state', legacyState(status, startStatuses))
    .set(attribute.pipelineName, textOf(objectAt(job, 'commit')['name']))
    .set(attribute.taskRunResult, ended ? normalizedResult(status) : undefined)
    .set(attribute.headName, refName(textOf(job['ref'])))
    .set(attribute.headRevision, textOf(job['sha']))
    .set(attribute.headType, refType(job['tag']))
    .set(attribute.ciAttempt, retries === undefined || retries < 0 ? undefined : Math.trunc(retries) + 1)
  if (ended) draft.seconds(attribute.ciQueueDuration, numberOf(job['build_queued_duration']) ?? waited)
  addPerson(
    draft,
    { id: idOf(user['id']), login: user['username'], name: user['name'], email: user['email'] },
    workshop,
  )
  if (workshop.options.includeUserAttributes)
    draft.tag('user.name', user['name']).tag('scm.commit.author.name', commit['author_name'])
  return draft
}
