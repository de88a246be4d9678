import { attribute } from '../attributes.ts'
import { Draft } from '../model/draft.ts'
import { countOf, objectOf, textOf } from '../model/fields.ts'
import { stepSpanId } from '../model/ids.ts'
import type { Item } from '../model/item.ts'
import { normalizedResult } from '../model/result.ts'
import { parseTime } from '../model/time.ts'

/** More steps than any workflow has; a delivery with millions of them must not become as many spans. */
const maxSteps = 2_000

/** One span for each step of a finished job that has its times (`valuestream.md` section 8.1). */
export function addSteps(item: Item, job: string, steps: readonly unknown[]): void {
  const seen = new Map<string, number>()
  for (const [index, value] of steps.slice(0, maxSteps).entries()) {
    const step = objectOf(value)
    const written = textOf(step['name'])
    if (written === undefined) continue
    const before = seen.get(written) ?? 0
    seen.set(written, before + 1)
    const start = parseTime(step['started_at'])
    const end = parseTime(step['completed_at'])
    if (start === undefined || end === undefined) continue
    const name = before === 0 ? written : `${written}-${before}`
    const conclusion = textOf(step['conclusion'])
    const draft = new Draft(false)
    draft
      .set(attribute.taskName, written)
      .set(attribute.taskRunResult, conclusion === undefined ? undefined : normalizedResult(conclusion))
    if (conclusion === 'failure') draft.set(attribute.errorType, 'failure')
    item.addPart(
      {
        spanId: stepSpanId(job, name),
        name,
        startTime: start,
        endTime: end,
        attributes: draft.attributes,
        ...(conclusion === 'failure' ? { status: { code: 'ERROR', message: conclusion } as const } : {}),
      },
      `/step/${countOf(step['number']) ?? index + 1}`,
    )
  }
}
