import { attribute } from '../attributes.ts'
import { Draft } from '../model/draft.ts'
import { booleanOf, countOf, numericIdOf, objectAt, objectOf, textOf } from '../model/fields.ts'
import { Item } from '../model/item.ts'
import { enterPhase, leavePhases } from '../model/phases.ts'
import { refName } from '../model/ref-name.ts'
import { findReference } from '../model/references.ts'
import { outcomeOf } from '../model/result.ts'
import { parseTime } from '../model/time.ts'
import { spanName, translated } from '../model/translated.ts'
import { ignored, PayloadError, type Translation } from '../model/translation.ts'
import type { Workshop } from '../model/workshop.ts'
import { addRepository, readRepository, type Repository } from './repository.ts'

type Deployment = Readonly<Record<string, unknown>>

/** `deployment` (`valuestream.md` section 3.1). */
export function translateDeployment(payload: unknown, workshop: Workshop): Translation {
  const { item, deployment } = readDeployment(payload, workshop)
  if (textOf(objectOf(payload)['action']) !== 'created') return ignored('action')
  const time = parseTime(deployment['created_at'])
  if (time !== undefined) item.start(time)
  return translated(item)
}

/** `deployment_status`: the states that a deployment goes through. */
export function translateDeploymentStatus(payload: unknown, workshop: Workshop): Translation {
  const status = objectAt(payload, 'deployment_status')
  const state = textOf(status['state'])
  if (state === undefined) throw new PayloadError('deployment_status.state')
  const { item, deployment } = readDeployment(payload, workshop, state)
  const start = parseTime(deployment['created_at'])
  const time = parseTime(status['created_at'])
  if (ends.has(state)) {
    if (time !== undefined) addEnd(item, state, start, time)
  } else if (phases.has(state)) {
    if (start !== undefined) item.start(start, 5)
    if (time !== undefined) enterPhase(item, state, time)
  } else return ignored('action')
  return translated(item)
}

const phases: ReadonlySet<string> = new Set(['queued', 'pending', 'waiting', 'in_progress'])
const ends: ReadonlySet<string> = new Set(['success', 'failure', 'error'])

function addEnd(item: Item, state: string, start: bigint | undefined, end: bigint): void {
  const outcome = outcomeOf(state, state !== 'success')
  if (start === undefined) item.end(end, outcome)
  else item.complete(start, end, outcome)
  leavePhases(item, end)
}

function readDeployment(
  payload: unknown,
  workshop: Workshop,
  state = '',
): { item: Item; deployment: Deployment } {
  const deployment = objectAt(payload, 'deployment')
  const id = numericIdOf(deployment['id'])
  if (id === undefined) throw new PayloadError('deployment.id')
  const repository = readRepository(payload, workshop)
  const { namespace, resource, name } = repository
  const status = objectAt(payload, 'deployment_status')
  const draft = new Draft(workshop.options.legacyTags)
  addRepository(draft, repository)
  draft
    .set(attribute.deploymentId, id)
    .set(attribute.deploymentName, textOf(deployment['task']))
    .set(attribute.environmentName, textOf(status['environment']) ?? textOf(deployment['environment']))
    .set(
      attribute.deploymentTier,
      booleanOf(deployment['production_environment']) === true ? 'production' : undefined,
    )
    .set(
      attribute.deploymentStatus,
      ends.has(state) ? (state === 'success' ? 'succeeded' : 'failed') : undefined,
    )
    .set(attribute.headName, refName(textOf(deployment['ref'])))
    .set(attribute.headRevision, textOf(deployment['sha']))
  const item = new Item(workshop, {
    source: 'github',
    operation: 'deploy',
    spanId: namespace.idOf('deploy', id),
    aliases: namespace.aliasesOf('deploy', id),
    parent: parentOf(payload, deployment, repository),
    profile: 'valuestream.rerun',
    name: spanName(workshop, 'deploy', name),
    resource,
    attributes: draft.attributes,
  })
  return { item, deployment }
}

/** The run that deploys, else a reference in what the deployment was created with. */
function parentOf(payload: unknown, deployment: Deployment, { namespace }: Repository): string | undefined {
  const run = objectAt(payload, 'workflow_run')
  const id = numericIdOf(run['id'])
  if (id !== undefined) return namespace.idOf('pipeline', `${id}-${countOf(run['run_attempt']) ?? 1}`)
  const given = deployment['payload']
  const text = typeof given === 'object' ? JSON.stringify(given) : textOf(given)
  return findReference([text, textOf(deployment['ref'])], namespace.spellings)
}
