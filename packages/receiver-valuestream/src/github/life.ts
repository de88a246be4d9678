import type { Item } from '../model/item.ts'
import { parseTime } from '../model/time.ts'

/** What an issue and a pull request have in common. */
export interface Lived {
  readonly action: string
  readonly created: unknown
  readonly updated: unknown
  /** When it was closed or merged. */
  readonly ended: bigint | undefined
}

/** Says of an issue or a pull request what happened; nothing if the time for that is missing. */
export function addLife(item: Item, { action, ...times }: Lived): void {
  const created = parseTime(times.created)
  const updated = parseTime(times.updated)
  const ended = times.ended ?? updated
  switch (action) {
    case 'opened':
      if (created !== undefined) item.start(created)
      break
    case 'reopened':
      if (updated !== undefined) item.reopen(updated)
      break
    case 'closed':
      if (ended !== undefined && created !== undefined) item.completeFrom(created, ended, { isError: false })
      else if (ended !== undefined) item.end(ended, { isError: false })
      break
    case 'deleted':
    case 'transferred':
      if (ended !== undefined) item.close(ended, action)
      break
    default:
      if (updated !== undefined) item.update({ time: updated, name: action })
  }
}
