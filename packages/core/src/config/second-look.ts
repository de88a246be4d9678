import { type CheckResult, checkConfig } from '../schema/check-config.ts'
import type { Path } from '../schema/issue.ts'
import { schemaAt } from '../schema/schema-at.ts'
import type { ObjectSchema } from '../schema/schema.ts'
import type { Reference } from '../schema/settle.ts'
import type { Fault } from './faults.ts'
import { mend, tolerable } from './mend.ts'
import { type ConfigNode, type Entry, mapNode, nodeAt, toPlain } from './node.ts'
import { placeOf } from './report.ts'

/** Mending can uncover what needs mending itself. */
const mostRounds = 3

/** A file with more faults than this in one component has not been written by hand; each mending copies what is around it. */
const mostMended = 100

/** What a second look at settings with faults found. */
export interface SecondLook {
  readonly faults: readonly Fault[]
  readonly references: readonly Reference[]
  /** Values of settings that are secret under their right name. */
  readonly secrets: readonly ConfigNode[]
}

/** Checks what the schema cannot express, and tells of each fault. */
type Validate = (config: unknown, tell: (fault: Fault) => void) => void

/**
 * Looks for faults that hide behind those of `first`: inside of misspelt sections, and among several settings at once,
 * which can only be judged when each is right. Whatever may follow from a mended fault is left out.
 */
export function secondLook(
  schema: ObjectSchema,
  written: Entry,
  first: CheckResult,
  path: Path,
  validate: Validate,
): SecondLook {
  const faults: Fault[] = []
  const references: Reference[] = []
  const secrets: ConfigNode[] = []
  const lost: Path[] = []
  const told = new Set(first.issues.map(({ path: at }) => JSON.stringify(at)))
  const known = new Set(first.references.map(({ path: at }) => JSON.stringify(at)))
  let node = written.node
  let checked = first
  const id = String(path.at(-1))
  for (
    let round = 0;
    round < mostRounds && !isUsable(checked) && checked.issues.length <= mostMended;
    round++
  ) {
    const inner = checked.issues.map((issue) => ({ ...issue, path: issue.path.slice(path.length) }))
    const mended = mend(node, inner)
    if (mended === undefined) break
    node = mended.node
    for (const at of mended.lost) lost.push(at)
    checked = checkConfig(schema, toPlain(node), path)
    for (const issue of checked.issues) tell(issue)
    for (const reference of checked.references)
      if (!known.has(JSON.stringify(reference.path))) references.push(reference)
    for (const secret of checked.secrets) {
      const { node: value, exact } = nodeAt(node, secret.slice(path.length))
      if (exact) secrets.push(value)
    }
  }
  if (isUsable(checked)) validate(checked.config, tell)
  return { faults, references, secrets }

  function tell(fault: Fault): void {
    const at = fault.path.slice(path.length)
    const key = JSON.stringify(fault.path)
    if (told.has(key) || lost.some((gone) => follows(schema, at, gone))) return
    told.add(key)
    const target = [id, ...(fault.target ?? fault.path).slice(path.length)]
    const around = mapNode(new Map([[id, { key: written.key, node }]]), written.key)
    const place = placeOf({ ...fault, target }, around)
    faults.push({ ...fault, place, mended: true })
  }
}

/** Whether the settings have the right types at least, so that the rest of them can be judged. */
function isUsable({ issues }: CheckResult): boolean {
  return issues.every(({ code, suggestion }) => suggestion === undefined && tolerable.has(code))
}

/** Whether a fault at `path` may be there only because the setting at `gone` was left out. */
function follows(schema: ObjectSchema, path: Path, gone: Path): boolean {
  if (isWithin(path, gone)) return true
  return isWithin(gone, path) && schemaAt(schema, gone)?.default === undefined
}

function isWithin(path: Path, outer: Path): boolean {
  return outer.every((part, index) => String(path[index]) === String(part))
}
