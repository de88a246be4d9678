import { attribute } from '../attributes.ts'
import { Draft } from '../model/draft.ts'
import { numericIdOf, objectAt, objectOf, textOf } from '../model/fields.ts'
import { Item } from '../model/item.ts'
import { pathOf } from '../model/namespace.ts'
import { addPerson } from '../model/people.ts'
import { refName } from '../model/ref-name.ts'
import { parseTime } from '../model/time.ts'
import { spanName, translated } from '../model/translated.ts'
import { PayloadError, type Translation } from '../model/translation.ts'
import type { Workshop } from '../model/workshop.ts'
import { addProject, readProject } from './project.ts'
import { endOutcome, endStatuses } from './status.ts'

/** Deployment Hook (`valuestream.md` section 3.2). */
export function translateDeployment(payload: unknown, workshop: Workshop): Translation {
  const deployment = objectOf(payload)
  const id = numericIdOf(deployment['deployment_id'])
  if (id === undefined) throw new PayloadError('deployment_id')
  const status = textOf(deployment['status'])
  if (status === undefined) throw new PayloadError('status')
  const project = readProject(payload, workshop)
  const { namespace, resource, name } = project
  const job = numericIdOf(deployment['deployable_id'])
  const user = objectAt(payload, 'user')
  const { cancelledIsError } = workshop.options.gitlab

  const draft = new Draft(workshop.options.legacyTags)
  addProject(draft, project)
  draft
    .set(attribute.deploymentId, id)
    .set(attribute.environmentName, textOf(deployment['environment']))
    .set(attribute.deploymentTier, textOf(deployment['environment_tier']))
    .set(attribute.deploymentStatus, statuses.get(status))
    .set(attribute.taskRunUrl, textOf(deployment['deployable_url']))
    .set(attribute.headName, refName(textOf(deployment['ref'])))
    .set(attribute.headRevision, revisionOf(deployment))
  addPerson(
    draft,
    { id: user['id'], login: user['username'], name: user['name'], email: user['email'] },
    workshop,
  )

  const item = new Item(workshop, {
    source: 'gitlab',
    operation: 'deploy',
    spanId: namespace.idOf('deploy', id),
    aliases: namespace.aliasesOf('deploy', id),
    parent: job === undefined ? undefined : namespace.idOf('job', job),
    name: spanName(workshop, 'deploy', name),
    resource,
    attributes: draft.attributes,
  })
  const time = parseTime(deployment['status_changed_at'])
  if (time === undefined) return translated(item)
  if (status === 'created' || status === 'running') item.start(time)
  else if (endStatuses.has(status)) item.end(time, endOutcome(status, cancelledIsError))
  else item.update({ time, name: status })
  return translated(item)
}

/** A skipped deployment neither succeeded nor failed. */
const statuses: ReadonlyMap<string, string> = new Map([
  ['success', 'succeeded'],
  ['failed', 'failed'],
  ['canceled', 'failed'],
])

/** The hook names the whole revision only in the address of its page. */
function revisionOf(deployment: Readonly<Record<string, unknown>>): string | undefined {
  const last = pathOf(textOf(deployment['commit_url']))?.split('/').at(-1)
  return last !== undefined && /^[\da-f]{7,64}$/i.test(last) ? last : textOf(deployment['short_sha'])
}
