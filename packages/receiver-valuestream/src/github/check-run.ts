import { attribute } from '../attributes.ts'
import { Draft } from '../model/draft.ts'
import { numericIdOf, objectAt, objectOf, textOf } from '../model/fields.ts'
import { Item } from '../model/item.ts'
import { normalizedResult, outcomeOf } from '../model/result.ts'
import { parseTime } from '../model/time.ts'
import { jobName, translated } from '../model/translated.ts'
import { ignored, PayloadError, type Translation } from '../model/translation.ts'
import type { Workshop } from '../model/workshop.ts'
import { isFailure } from './conclusion.ts'
import { addRepository, readRepository } from './repository.ts'

/**
 * `check_run` of another CI system (`valuestream.md` section 3.1). Those of GitHub Actions say again what
 * `workflow_job` says.
 */
export function translateCheckRun(payload: unknown, workshop: Workshop): Translation {
  const { options } = workshop
  const run = objectAt(payload, 'check_run')
  const ours = objectOf(run['app'])['slug'] !== 'github-actions'
  if (!options.github.checkRuns || !ours) return ignored('unsupported_type')
  const id = numericIdOf(run['id'])
  if (id === undefined) throw new PayloadError('check_run.id')
  const repository = readRepository(payload, workshop)
  const action = textOf(objectOf(payload)['action'])
  if (action === undefined) throw new PayloadError('action')
  const conclusion = action === 'completed' ? (textOf(run['conclusion']) ?? '') : ''
  const suite = objectOf(run['check_suite'])

  const draft = new Draft(options.legacyTags)
  addRepository(draft, repository)
  draft
    .set(attribute.pipelineName, textOf(objectOf(run['app'])['name']))
    .set(attribute.taskName, textOf(run['name']))
    .set(attribute.taskRunId, id)
    .set(attribute.taskRunUrl, textOf(run['html_url']) ?? textOf(run['details_url']))
    .set(attribute.taskRunResult, conclusion === '' ? undefined : normalizedResult(conclusion))
    .set(attribute.headName, textOf(suite['head_branch']))
    .set(attribute.headRevision, textOf(run['head_sha']))

  const { namespace, resource } = repository
  const item = new Item(workshop, {
    source: 'github',
    operation: 'build',
    spanId: namespace.idOf('build', id),
    aliases: namespace.aliasesOf('build', id),
    name: jobName(workshop, 'build', textOf(run['name'])),
    resource,
    attributes: draft.attributes,
  })
  const start = parseTime(run['started_at'])
  const end = parseTime(run['completed_at'])
  if (action === 'created') {
    if (start !== undefined) item.start(start)
  } else if (action === 'completed') {
    const outcome = outcomeOf(conclusion, isFailure(conclusion, options.github.cancelledIsError))
    if (start !== undefined && end !== undefined) item.complete(start, end, outcome)
    else if (end !== undefined) item.end(end, outcome)
  } else if (action === 'rerequested' || action === 'requested_action') {
    const time = end ?? start
    if (time !== undefined) item.update({ time, name: action })
  } else return ignored('action')
  return translated(item)
}
