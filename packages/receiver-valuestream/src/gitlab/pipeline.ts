import { attribute } from '../attributes.ts'
import { Draft } from '../model/draft.ts'
import { listOf, numberOf, numericIdOf, objectAt, objectOf, textOf } from '../model/fields.ts'
import { Item } from '../model/item.ts'
import { addPerson } from '../model/people.ts'
import { addPhase } from '../model/phases.ts'
import { refName } from '../model/ref-name.ts'
import { findReference } from '../model/references.ts'
import { normalizedResult } from '../model/result.ts'
import { parseTime, secondsBetween } from '../model/time.ts'
import { combined, runName } from '../model/translated.ts'
import { PayloadError, type Translation } from '../model/translation.ts'
import type { Workshop } from '../model/workshop.ts'
import { pipelineJobs } from './pipeline-jobs.ts'
import { refType } from './pipeline-ref.ts'
import { addProject, addProjectTags, namespaceOfPath, type Project, readProject } from './project.ts'
import { endOutcome, endStatuses, legacyState } from './status.ts'

type Pipeline = Readonly<Record<string, unknown>>

const startStatuses: ReadonlySet<string> = new Set([
  'created',
  'waiting_for_resource',
  'preparing',
  'pending',
  'scheduled',
  'manual',
])

/** Pipeline Hook (`valuestream.md` section 3.2). */
export function translatePipeline(payload: unknown, workshop: Workshop): Translation {
  const pipeline = objectAt(payload, 'object_attributes')
  const id = numericIdOf(pipeline['id'])
  if (id === undefined) throw new PayloadError('object_attributes.id')
  const status = textOf(pipeline['status'])
  if (status === undefined) throw new PayloadError('object_attributes.status')
  const project = readProject(payload, workshop)
  const { namespace, resource, name } = project
  const times = timesOf(pipeline, listOf(objectOf(payload)['builds']))
  const pipelineName = textOf(pipeline['name']) ?? name

  const item = new Item(workshop, {
    source: 'gitlab',
    operation: 'pipeline',
    spanId: namespace.idOf('build', id),
    aliases: [...namespace.aliasesOf('build', id), `gitlab:pipeline:${id}`],
    parent: parentOf(payload, project, workshop),
    ownTrace: workshop.options.gitlab.traceMode === 'own',
    profile: 'valuestream.rerun',
    kind: 'SERVER',
    name: runName(workshop, 'pipeline', pipelineName),
    resource,
    attributes: attributesOf(payload, { id, status, pipelineName, project, times }, workshop).attributes,
  })
  addEvent(item, status, times)
  if (!endStatuses.has(status) || workshop.options.gitlab.jobsFrom === 'job_hook') return combined([item])
  return combined([item, ...pipelineJobs(payload, { id, name: pipelineName, project }, workshop)])
}

interface Times {
  readonly created: bigint | undefined
  /** When its first job started. */
  readonly started: bigint | undefined
  readonly ended: bigint | undefined
}

function timesOf(pipeline: Pipeline, builds: readonly unknown[]): Times {
  const started = builds.map((build) => parseTime(objectOf(build)['started_at']))
  const finished = builds.map((build) => parseTime(objectOf(build)['finished_at']))
  const created = parseTime(pipeline['created_at'])
  const latest = finished.reduce((a, b) => (a === undefined || (b !== undefined && b > a) ? b : a), undefined)
  return {
    created,
    started: started.reduce((a, b) => (a === undefined || (b !== undefined && b < a) ? b : a), undefined),
    ended: parseTime(pipeline['finished_at']) ?? latest ?? created,
  }
}

function addEvent(item: Item, status: string, { created, started, ended }: Times): void {
  if (startStatuses.has(status)) {
    if (created !== undefined) item.start(created)
  } else if (status === 'running') {
    if (created !== undefined) item.start(created, 5)
  } else if (endStatuses.has(status)) {
    if (ended === undefined) return
    const outcome = endOutcome(status, item.workshop.options.gitlab.cancelledIsError)
    if (created === undefined) item.end(ended, outcome)
    else item.complete(created, ended, outcome)
    if (started === undefined) return
    if (created !== undefined) addPhase(item, 'queue', created, started)
    addPhase(item, 'running', started, ended)
  } else if (ended !== undefined) item.update({ time: ended, name: status })
}

/** What the pipeline is for, else the pipeline that triggered it, else a reference in its branch. */
function parentOf(payload: unknown, project: Project, workshop: Workshop): string | undefined {
  const { namespace } = project
  const iid = numericIdOf(objectAt(payload, 'merge_request')['iid'])
  if (iid !== undefined) return namespace.idOf('pull_request', iid)
  const source = objectAt(payload, 'source_pipeline')
  const id = numericIdOf(source['pipeline_id'])
  if (id !== undefined) {
    const path = textOf(objectOf(source['project'])['path_with_namespace'])
    return path === undefined
      ? `gitlab:pipeline:${id}`
      : namespaceOfPath(path, project, workshop).idOf('build', id)
  }
  return findReference([textOf(objectAt(payload, 'object_attributes')['ref'])], namespace.spellings)
}

interface Facts {
  readonly id: string
  readonly status: string
  readonly pipelineName: string
  readonly project: Project
  readonly times: Times
}

function attributesOf(
  payload: unknown,
  { id, status, pipelineName, project, times }: Facts,
  workshop: Workshop,
): Draft {
  const draft = new Draft(workshop.options.legacyTags)
  const pipeline = objectAt(payload, 'object_attributes')
  const request = objectAt(payload, 'merge_request')
  const user = objectAt(payload, 'user')
  const ended = endStatuses.has(status)
  const { created, started } = times
  const waited = created === undefined || started === undefined ? undefined : secondsBetween(created, started)
  addProject(draft, project)
  addProjectTags(draft, project)
  draft
    .tag('event.type', 'pipeline')
    .tag('event.state', status)
    .tag('project.id', project.payload['id'])
    .tag('project.url', project.payload['web_url'])
    .tag('build.id', pipeline['id'])
    .tag('build.ref', pipeline['ref'])
    .tag('build.tag', pipeline['tag'])
    .tag('build.sha', pipeline['sha'])
    .tag('build.before_sha', pipeline['before_sha'])
    .tag('merge_request.id', request['id'])
    .tag('merge_request.url', request['url'])
    .tag('vstrace.span.id', project.namespace.shortIdOf('build', id))
    .tag('vstrace.state', legacyState(status, startStatuses))
    .set(attribute.pipelineName, pipelineName)
    .set(attribute.runId, id)
    .set(attribute.runUrl, pipelineUrl(pipeline, project, id))
    .set(attribute.pipelineResult, ended ? normalizedResult(status) : undefined)
    .set(attribute.headName, refName(textOf(pipeline['ref'])))
    .set(attribute.headRevision, textOf(pipeline['sha']))
    .set(attribute.headType, refType(pipeline['tag']))
    .set(attribute.ciTrigger, textOf(pipeline['source']))
    .set(attribute.changeId, numericIdOf(request['iid']))
  if (ended) draft.seconds(attribute.ciQueueDuration, numberOf(pipeline['queued_duration']) ?? waited)
  addPerson(
    draft,
    { id: user['id'], login: user['username'], name: user['name'], email: user['email'] },
    workshop,
  )
  if (workshop.options.includeUserAttributes)
    draft.tag('user.name', user['name']).tag('user.username', user['username'])
  return draft
}

function pipelineUrl(pipeline: Pipeline, { url }: Project, id: string): string | undefined {
  return textOf(pipeline['url']) ?? (url === undefined ? undefined : `${url}/-/pipelines/${id}`)
}
