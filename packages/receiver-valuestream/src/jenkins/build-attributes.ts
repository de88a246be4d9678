import { attribute } from '../attributes.ts'
import { Draft } from '../model/draft.ts'
import { listOf, objectOf, textOf } from '../model/fields.ts'
import { hostOf, pathOf } from '../model/namespace.ts'
import { normalizedResult } from '../model/result.ts'
import type { Workshop } from '../model/workshop.ts'
import type { BuildRecord } from './build-record.ts'

/** Names of parameters whose values nobody should see. */
const secretName = /pass|secret|token|key|credential/i
const maxParameters = 500

/** Attributes of a build (`valuestream.md` section 3.3 and chapter 7). */
export function buildAttributes(build: BuildRecord, operation: string, workshop: Workshop): Draft {
  const { payload, result, running, jobName, fullJobName, number, branch, repositoryUrl, revision } = build
  const { options } = workshop
  const draft = new Draft(options.legacyTags)
  const worker = objectOf(payload['slaveInfo'])
  draft
    .tag('service', 'jenkins')
    .tag('build.result', result)
    .tag('build.ci.url', payload['ciUrl'])
    // 0 is what the plugin writes for none.
    .tag('build.context_id', payload['contextId'] === 0 ? undefined : payload['contextId'])
    .tag('build.url', payload['buildUrl'])
    .tag('build.job.name', jobName)
    .tag('build.job.full_name', fullJobName)
    .tag('build.cause', payload['buildCause'])
    .tag('build.number', number)
    .tag('build.started.user.id', payload['startedUserId'])
    .tag('scm.head.url', repositoryUrl)
    .tag('scm.head.sha', revision)
    .tag('scm.branch', branch)
    .set(attribute.pipelineName, fullJobName ?? jobName)
    .set(attribute.runId, String(number))
    .set(attribute.runUrl, runUrl(textOf(payload['ciUrl']), textOf(payload['buildUrl'])))
    .set(attribute.pipelineResult, running ? undefined : normalizedResult(result))
    .set(attribute.ciTrigger, textOf(payload['buildCause']))
    .set(attribute.workerName, textOf(worker['slaveName']))
    .list(attribute.workerLabels, (textOf(worker['label']) ?? '').split(/[,\s]+/))
    .set(attribute.headName, branch)
    .set(attribute.headRevision, revision)
    .seconds(attribute.ciQueueDuration, seconds(build.queueTime))
    .list(
      'build.failure_causes',
      listOf(payload['buildFailureCauses']).map((cause) => textOf(objectOf(cause)['name'])),
    )
  if (!running) draft.seconds(attribute.ciDuration, seconds(build.duration))
  if (!running && operation === 'deploy')
    draft.set(attribute.deploymentStatus, result === 'SUCCESS' ? 'succeeded' : 'failed')
  for (const [name, value] of Object.entries(repositoryOf(repositoryUrl))) draft.set(name, value)
  if (options.includeUserAttributes) {
    const name = textOf(payload['startedUserName']) ?? textOf(payload['startedUsername'])
    draft.tag('build.started.user.name', name).set(attribute.userName, name)
    draft.set(attribute.userId, textOf(payload['startedUserId']))
  }
  for (const [name, value] of Object.entries(build.parameters).slice(0, maxParameters)) {
    draft.set(`build.parameter.${name}`, secretName.test(name) ? '***' : value)
  }
  return draft
}

/** The repository that was built, where its address is one of the web. */
export function repositoryOf(url: string | undefined): Readonly<Record<string, string>> {
  const path = pathOf(url)?.replace(/\.git$/, '')
  const slash = path?.lastIndexOf('/') ?? -1
  if (path === undefined || slash <= 0 || !/^https?:/i.test(url ?? '')) return {}
  return {
    [attribute.ownerName]: path.slice(0, slash),
    [attribute.repositoryName]: path.slice(slash + 1),
    [attribute.repositoryUrl]: `https://${hostOf(url)}/${path}`,
  }
}

function runUrl(server: string | undefined, build: string | undefined): string | undefined {
  if (build === undefined || /^https?:/i.test(build)) return build
  return server === undefined ? undefined : `${server}${server.endsWith('/') ? '' : '/'}${build}`
}

function seconds(millis: number | undefined): number | undefined {
  return millis === undefined ? undefined : millis / 1000
}
