import { listOf, objectAt, objectOf, textOf } from '../model/fields.ts'
import type { JiraOptions } from '../model/options.ts'

/** What being in a column means. */
export type StatusClass = 'active' | 'end' | 'backlog' | 'other'

/** Classifies a status by its name, else by its category (`valuestream.md` section 3.5, 3). */
export function statusClass(status: Readonly<Record<string, unknown>>, options: JiraOptions): StatusClass {
  const name = textOf(status['name'])
  if (isNamed(name, options.endStatuses)) return 'end'
  if (isNamed(name, options.backlogStatuses)) return 'backlog'
  if (isNamed(name, options.activeStatuses)) return 'active'
  switch (objectOf(status['statusCategory'])['key']) {
    case 'done':
      return 'end'
    case 'indeterminate':
      return 'active'
    default:
      return 'other'
  }
}

/** Whether a name is one of a list, whatever its case and the blanks around it. */
export function isNamed(name: string | undefined, names: readonly string[]): boolean {
  if (name === undefined) return false
  const plain = name.trim().toLowerCase()
  return names.some((other) => other.trim().toLowerCase() === plain)
}

/** What the payload says of a change of the status. */
export interface StatusChange {
  readonly changed: boolean
  /** Whether it has a changelog at all; some automations send none, which may mean anything. */
  readonly known: boolean
  /** The status before. */
  readonly from: string | undefined
}

/** Looks for the change of the status among all that an event changed. */
export function statusChange(payload: unknown): StatusChange {
  const { changelog } = objectOf(payload)
  if (typeof changelog !== 'object' || changelog === null)
    return { changed: true, known: false, from: undefined }
  const item = listOf(objectAt(payload, 'changelog')['items'])
    .map(objectOf)
    .find(
      (entry) => isNamed(textOf(entry['fieldId']), ['status']) || isNamed(textOf(entry['field']), ['status']),
    )
  return { changed: item !== undefined, known: true, from: textOf(item?.['fromString']) }
}
