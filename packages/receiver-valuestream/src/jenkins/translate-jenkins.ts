import { attribute } from '../attributes.ts'
import { Item } from '../model/item.ts'
import { addPhase } from '../model/phases.ts'
import { findReference, parseTraceparent } from '../model/references.ts'
import { outcomeOf } from '../model/result.ts'
import { parseTime } from '../model/time.ts'
import { runName, translated } from '../model/translated.ts'
import { ignored, type Translate } from '../model/translation.ts'
import type { Workshop } from '../model/workshop.ts'
import { buildAttributes, repositoryOf } from './build-attributes.ts'
import { type BuildRecord, parameterOf, readBuild } from './build-record.ts'

/** Translates the build records of the statistics-gatherer plugin of Jenkins (`valuestream.md` section 3.3). */
export function jenkinsTranslation(workshop: Workshop): Translate {
  return ({ payload }) => {
    const build = readBuild(payload)
    if (build === undefined) return ignored('not_a_build')
    const item = itemOf(build, workshop)
    if (build.running) addStart(item, build)
    else addEnd(item, build)
    return translated(item)
  }
}

function addStart(item: Item, { payload, queueTime }: BuildRecord): void {
  const start = parseTime(payload['startTime'])
  if (start === undefined) return
  item.start(start)
  const queued = queueTime === undefined ? undefined : start - nanos(queueTime)
  if (queued !== undefined && queued > 0n) addPhase(item, 'queue', queued, start)
}

function addEnd(item: Item, { payload, duration, result }: BuildRecord): void {
  const end = parseTime(payload['endTime'])
  if (end === undefined) return
  const tolerated = result === 'ABORTED' && !item.workshop.options.jenkins.cancelledIsError
  const outcome = outcomeOf(result, result !== 'SUCCESS' && !tolerated)
  const start = duration === undefined ? undefined : end - nanos(duration)
  if (start === undefined || start <= 0n) item.end(end, outcome)
  else item.completeFrom(start, end, outcome)
}

function nanos(millis: number): bigint {
  return BigInt(Math.round(millis * 1e6))
}

/**
 * The operation of a build. Its end may not tell the parameters that made it a deploy, so that the key comes of the
 * job's name alone, and what else comes of it the end only assumes.
 */
function itemOf(build: BuildRecord, workshop: Workshop): Item {
  const { options } = workshop
  const { jobName, fullJobName = jobName } = build
  const named = options.jenkins.deployJobPattern.test(jobName) ? 'deploy' : 'build'
  const operation = parameterOf(build, 'type') === 'deploy' ? 'deploy' : named
  const [name, otherName] = options.idScope === 'full' ? [fullJobName, jobName] : [jobName, fullJobName]
  const idOf = (type: string, job: string): string => `vstrace-jenkins-${type}-${job}-${build.number}`
  const resource = workshop.resourceOf({
    source: 'jenkins',
    project: jobName,
    attributes: repositoryOf(build.repositoryUrl),
  })
  return new Item(workshop, {
    source: 'jenkins',
    operation,
    spanId: idOf(operation, name),
    key: idOf(named, name),
    aliases: [idOf(operation, name), idOf(operation, otherName)],
    ...(build.running ? causeOf(build) : {}),
    kind: 'SERVER',
    name: runName(workshop, operation, fullJobName),
    resource,
    attributes: buildAttributes(build, operation, workshop).attributes,
    assumed: build.running || named === 'deploy' ? [] : [attribute.operationName, attribute.spanId],
  })
}

/** What the job was told to be a part of, else a reference in its branch. */
function causeOf(build: BuildRecord): Pick<ConstructorParameters<typeof Item>[1], 'parent' | 'context'> {
  return {
    parent: parameterOf(build, 'vstrace-trace-id', 'VSTRACE_TRACE_ID') ?? findReference([build.branch]),
    context: parseTraceparent(parameterOf(build, 'traceparent', 'TRACEPARENT')),
  }
}
