import type { Item } from './item.ts'
import { ignored, type IgnoredReason, type Translation } from './translation.ts'
import type { Workshop } from './workshop.ts'

/** The translation of a delivery about one operation; one that added nothing to it is ignored. */
export function translated(item: Item, otherwise: IgnoredReason = 'no_time'): Translation {
  const { fragments, milestones } = item
  return fragments.length === 0 ? ignored(otherwise) : { fragments, milestones }
}

/** The translation of a delivery about several operations. */
export function combined(items: readonly Item[], otherwise: IgnoredReason = 'no_time'): Translation {
  const fragments = items.flatMap((item) => item.fragments)
  if (fragments.length === 0) return ignored(otherwise)
  return { fragments, milestones: items.flatMap((item) => item.milestones) }
}

/** Name of a span that no convention names otherwise (`valuestream.md` section 6.3). */
export function spanName({ options }: Workshop, operation: string, project: string | undefined): string {
  return options.spanNaming === 'operation' || project === undefined ? operation : `${operation} ${project}`
}

/** Name of the span of a pipeline run. */
export function runName({ options }: Workshop, operation: string, pipeline: string | undefined): string {
  if (options.spanNaming === 'operation') return operation
  return pipeline === undefined ? 'RUN' : `RUN ${pipeline}`
}

/** Name of the span of a job. */
export function jobName({ options }: Workshop, operation: string, job: string | undefined): string {
  return options.spanNaming === 'operation' ? operation : (job ?? operation)
}
