import { attribute } from '../attributes.ts'
import { Draft } from '../model/draft.ts'
import { countOf, listOf, numericIdOf, objectAt, objectOf, textOf } from '../model/fields.ts'
import { Item } from '../model/item.ts'
import { addPerson } from '../model/people.ts'
import { findReference } from '../model/references.ts'
import { normalizedResult, outcomeOf } from '../model/result.ts'
import { parseTime } from '../model/time.ts'
import { runName, translated } from '../model/translated.ts'
import { PayloadError, type Translation } from '../model/translation.ts'
import type { Workshop } from '../model/workshop.ts'
import { isFailure } from './conclusion.ts'
import { addRepository, namespaceOfMentioned, readRepository, type Repository } from './repository.ts'

type Run = Readonly<Record<string, unknown>>

/** `workflow_run`: one attempt of a run of GitHub Actions (`valuestream.md` section 3.1). */
export function translateWorkflowRun(payload: unknown, workshop: Workshop): Translation {
  const run = objectAt(payload, 'workflow_run')
  const id = numericIdOf(run['id'])
  if (id === undefined) throw new PayloadError('workflow_run.id')
  const repository = readRepository(payload, workshop)
  const action = textOf(objectOf(payload)['action'])
  if (action === undefined) throw new PayloadError('action')
  const attempt = countOf(run['run_attempt']) ?? 1
  const conclusion = action === 'completed' ? textOf(run['conclusion']) : undefined
  const pipeline = pipelineName(run, objectAt(payload, 'workflow'))
  const { namespace, resource } = repository
  const identifier = `${id}-${attempt}`

  const draft = new Draft(workshop.options.legacyTags)
  addRepository(draft, repository)
  draft
    .set(attribute.pipelineName, pipeline)
    .set(attribute.runId, id)
    .set(attribute.runUrl, textOf(run['html_url']))
    .set(attribute.pipelineResult, conclusion === undefined ? undefined : normalizedResult(conclusion))
    .set(attribute.ciAttempt, attempt)
    .set(attribute.ciTrigger, textOf(run['event']))
    .set(attribute.changeId, numericIdOf(objectOf(listOf(run['pull_requests'])[0])['number']))
    .set(attribute.headName, textOf(run['head_branch']))
    .set(attribute.headRevision, textOf(run['head_sha']))
  const actor = objectOf(run['triggering_actor'] ?? run['actor'])
  addPerson(draft, { id: actor['id'], login: actor['login'] }, workshop)

  const item = new Item(workshop, {
    source: 'github',
    operation: 'pipeline',
    spanId: namespace.idOf('pipeline', identifier),
    aliases: namespace.aliasesOf('pipeline', identifier),
    parent: parentOf(run, repository, workshop),
    ownTrace: workshop.options.github.traceMode === 'own',
    kind: 'SERVER',
    name: runName(workshop, 'pipeline', pipeline),
    resource,
    attributes: draft.attributes,
    links:
      attempt === 1
        ? []
        : [{ reference: namespace.idOf('pipeline', `${id}-${attempt - 1}`), reason: 'previous_attempt' }],
  })
  addEvent(item, action, run, conclusion ?? '')
  return translated(item)
}

function addEvent(item: Item, action: string, run: Run, conclusion: string): void {
  const start = parseTime(run['run_started_at']) ?? parseTime(run['created_at'])
  const updated = parseTime(run['updated_at'])
  if (action === 'requested' && start !== undefined) item.start(start)
  else if (action === 'in_progress' && start !== undefined) item.start(start, 5)
  else if (action === 'completed' && updated !== undefined) {
    const { cancelledIsError } = item.workshop.options.github
    const outcome = outcomeOf(
      conclusion,
      isFailure(conclusion, cancelledIsError) || conclusion === 'startup_failure',
    )
    if (start === undefined) item.end(updated, outcome)
    else item.complete(start, updated, outcome)
  } else if (!starts.has(action) && updated !== undefined) item.update({ time: updated, name: action })
}

const starts: ReadonlySet<string> = new Set(['requested', 'in_progress', 'completed'])

/** A reference in the branch, else the pull request that the run is for; runs of forks name none. */
function parentOf(run: Run, repository: Repository, workshop: Workshop): string | undefined {
  const reference = findReference([textOf(run['head_branch'])], repository.namespace.spellings)
  if (reference !== undefined) return reference
  const pull = objectOf(listOf(run['pull_requests'])[0])
  const id = numericIdOf(pull['id'])
  const namespace = namespaceOfMentioned(objectAt(pull, 'base', 'repo'), repository, workshop)
  return id === undefined ? undefined : namespace?.idOf('pull_request', id)
}

/** The name may be empty; the file that defines the workflow has one always. */
function pipelineName(run: Run, workflow: Readonly<Record<string, unknown>>): string | undefined {
  const path = textOf(run['path']) ?? textOf(workflow['path'])
  // A run's path may name a revision: `.github/workflows/ci.yml@main`.
  const file = path?.split('@', 1)[0]?.split('/').at(-1)
  return textOf(run['name']) ?? textOf(workflow['name']) ?? textOf(file)
}
