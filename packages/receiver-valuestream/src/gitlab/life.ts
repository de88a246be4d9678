import { textOf } from '../model/fields.ts'
import type { Item } from '../model/item.ts'
import { parseTime } from '../model/time.ts'
import { PayloadError } from '../model/translation.ts'

const actionsOfStates: ReadonlyMap<string, string> = new Map([
  ['opened', 'open'],
  ['reopened', 'reopen'],
  ['closed', 'close'],
  ['merged', 'merge'],
])

/**
 * Says of an issue or merge request what happened, by its action, or where there is none by its state
 * (`valuestream.md` section 3.2); nothing if the time for that is missing.
 *
 * @throws PayloadError when it has neither
 */
export function addLife(item: Item, attributes: Readonly<Record<string, unknown>>): void {
  const state = textOf(attributes['state'])
  const action = textOf(attributes['action']) ?? (state && (actionsOfStates.get(state) ?? state))
  if (action === undefined) throw new PayloadError('object_attributes.state')
  const created = parseTime(attributes['created_at'])
  const updated = parseTime(attributes['updated_at'])
  switch (action) {
    case 'open':
      if (created !== undefined) item.start(created)
      break
    case 'reopen':
      if (updated !== undefined) item.reopen(updated)
      break
    case 'close':
    case 'merge': {
      const ended = parseTime(attributes['merged_at']) ?? parseTime(attributes['closed_at']) ?? updated
      if (ended !== undefined && created !== undefined) item.completeFrom(created, ended, { isError: false })
      else if (ended !== undefined) item.end(ended, { isError: false })
      break
    }
    default:
      if (updated !== undefined) item.update({ time: updated, name: action })
  }
}
