/** One event, whichever way it came. */
export interface OrchestEvent {
  readonly type: string
  readonly uuid: string
  /** Unix nanoseconds. */
  readonly time: bigint
  /** `webhook`: the object `event`; `relay`: the object `properties`. */
  readonly payload: Readonly<Record<string, unknown>>
  readonly source: 'webhook' | 'relay'
}

/** What a path of own members leads to. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined
    found = (found as Readonly<Record<string, unknown>>)[name]
  }
  return found
}

/** A text that is not empty. */
export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path)
  return typeof found === 'string' && found !== '' ? found : undefined
}

/** A whole number that a number can hold. */
export function integerAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = at(value, ...path)
  return Number.isSafeInteger(found) ? Number(found) : undefined
}

/** The pipeline run of a payload, wherever its kind of event has it. */
export function pipelineRunOf(payload: unknown): unknown {
  const job = at(payload, 'project', 'job')
  return (
    at(job, 'pipeline_run') ??
    at(job, 'run', 'pipeline_run') ??
    at(payload, 'project', 'pipeline', 'session', 'pipeline_run')
  )
}
