import { objectAt } from '../model/fields.ts'
import { parseTime } from '../model/time.ts'
import { translated } from '../model/translated.ts'
import { ignored, type Translation } from '../model/translation.ts'
import type { Workshop } from '../model/workshop.ts'
import { issueItem } from './issue.ts'
import { mergeRequestItem } from './merge-request.ts'

/** Note Hook: a comment on an issue or a merge request (`valuestream.md` section 3.2). */
export function translateNote(payload: unknown, workshop: Workshop): Translation {
  const note = objectAt(payload, 'object_attributes')
  const item = targetOf(payload, note['noteable_type'], workshop)
  if (item === undefined) return ignored('unsupported_type')
  const time = parseTime(note['created_at'])
  if (time !== undefined) item.update({ time, name: 'comment' })
  return translated(item)
}

function targetOf(
  payload: unknown,
  type: unknown,
  workshop: Workshop,
): ReturnType<typeof issueItem> | undefined {
  if (type === 'MergeRequest')
    return mergeRequestItem(payload, objectAt(payload, 'merge_request'), 'merge_request', workshop)
  return type === 'Issue' ? issueItem(payload, objectAt(payload, 'issue'), 'issue', workshop) : undefined
}
