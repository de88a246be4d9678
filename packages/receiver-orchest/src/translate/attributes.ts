import { at, integerAt, type OrchestEvent, pipelineRunOf, textAt } from './event.ts'
import { flatProperties } from './properties.ts'

/** Attributes of a fragment while it is made. */
export type Values = Record<string, string | number | boolean | readonly string[]>

/** Who the event is, on every fragment. */
export function eventAttributes({ type, uuid, source }: OrchestEvent): Values {
  return { 'orchest.event.type': type, 'orchest.event.uuid': uuid, 'orchest.source': source }
}

/**
 * What an event says about its things (`orchest.md` 3.7). What is null, empty or of another type than it should be
 * gives no attribute.
 */
export function attributesOf(event: OrchestEvent, includeParameters: boolean): Values {
  const { payload, type } = event
  const values = eventAttributes(event)
  const project = at(payload, 'project')
  const job = at(project, 'job')
  const run = pipelineRunOf(payload)
  const cronRun = at(job, 'run')
  const environment = at(project, 'environment')
  const put = (name: string, value: string | number | readonly string[] | undefined): void => {
    if (value !== undefined) values[name] = value
  }

  put('orchest.project.uuid', textAt(project, 'uuid'))
  put('orchest.project.name', textAt(project, 'name'))
  put('orchest.job.uuid', textAt(job, 'uuid'))
  put('orchest.job.name', textAt(job, 'name'))
  put('orchest.job.kind', kindOfJob(type))
  put('orchest.job.status', textAt(job, 'status'))
  put('orchest.job.total_runs', integerAt(job, 'total_runs'))
  put('orchest.cron_run.number', integerAt(cronRun, 'number'))
  put('orchest.cron_run.status', textAt(cronRun, 'status'))
  put('orchest.cron_run.total_pipeline_runs', integerAt(cronRun, 'total_pipeline_runs'))
  putRun(put, run, includeParameters)
  const pipelineName = textAt(job, 'pipeline_name') ?? textAt(project, 'pipeline', 'name')
  put('orchest.pipeline.name', pipelineName)
  put('orchest.pipeline.uuid', pipelineUuid(event, run))
  put('orchest.environment.uuid', textAt(environment, 'uuid'))
  put('orchest.image_tag', imageTag(environment) ?? imageTag(at(payload, 'jupyter')))
  put(
    'orchest.url_path',
    textAt(run, 'url_path') ?? textAt(job, 'url_path') ?? textAt(environment, 'url_path'),
  )
  put('orchest.update.changed_objects', changedObjects(project))
  if (textAt(run, 'uuid') !== undefined) put('cicd.pipeline.name', pipelineName)
  if (event.source === 'relay') Object.assign(values, flatProperties(payload))
  return values
}

type Put = (name: string, value: string | number | readonly string[] | undefined) => void

function putRun(put: Put, run: unknown, includeParameters: boolean): void {
  put('orchest.pipeline_run.uuid', textAt(run, 'uuid'))
  put('orchest.pipeline_run.number', integerAt(run, 'number'))
  put('orchest.pipeline_run.number_in_run', integerAt(run, 'number_in_run'))
  put('orchest.pipeline_run.status', textAt(run, 'status'))
  put('orchest.pipeline_run.steps_count', countAt(run, 'steps'))
  put('orchest.pipeline_run.failed_steps', failedSteps(run))
  put('cicd.pipeline.run.id', textAt(run, 'uuid'))
  const parameters = at(run, 'parameters')
  if (includeParameters && typeof parameters === 'object' && parameters !== null) {
    put('orchest.parameters', JSON.stringify(parameters))
  }
}

function kindOfJob(type: string): string | undefined {
  if (type.startsWith('project:one-off-job:')) return 'one-off'
  return type.startsWith('project:cron-job:') ? 'cron' : undefined
}

const imageTag = (owner: unknown): string | number | undefined =>
  textAt(owner, 'image_build', 'image_tag') ?? integerAt(owner, 'image_build', 'image_tag')

function countAt(owner: unknown, name: string): number | undefined {
  const list = at(owner, name)
  return Array.isArray(list) ? list.length : undefined
}

/** Uuids of the steps that failed. */
function failedSteps(run: unknown): readonly string[] | undefined {
  const steps = at(run, 'failed_steps')
  if (!Array.isArray(steps)) return undefined
  const uuids = steps.flatMap((step) => textAt(step, 'uuid') ?? [])
  return uuids.length === 0 ? undefined : uuids
}

/** The real uuid of a pipeline is in the path of its run, or given by a sender without the original's fault. */
function pipelineUuid({ payload, uuid }: OrchestEvent, run: unknown): string | undefined {
  const path = textAt(run, 'url_path')
  const query = path === undefined ? '' : path.slice(path.indexOf('?') + 1)
  const inPath = new URLSearchParams(query).get('pipeline_uuid')
  if (inPath !== null && inPath !== '') return inPath
  const given = textAt(payload, 'project', 'pipeline', 'uuid')
  return given === uuid ? undefined : given
}

function changedObjects(project: unknown): readonly string[] | undefined {
  const changes =
    at(project, 'update', 'changes') ??
    at(project, 'pipeline', 'update', 'changes') ??
    at(project, 'job', 'update', 'update', 'changes')
  if (!Array.isArray(changes)) return undefined
  const objects = changes.flatMap((change) => textAt(change, 'changed_object') ?? [])
  return objects.length === 0 ? undefined : objects
}
