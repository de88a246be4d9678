import {
  aggregateStatus,
  errorText,
  type ComponentStatus,
  type HttpAnswer,
  type StatusEvent,
} from '@spanloom/core'

import type { ComponentHealth } from './settings.ts'

/** What is asked of the status page. */
export interface StatusQuery {
  /** One pipeline instead of the whole collector. */
  readonly pipeline: string | undefined
  /** Whether the answer lists the components. */
  readonly verbose: boolean
}

/** State of the collector when the question comes. */
export interface StatusSnapshot {
  readonly components: readonly ComponentStatus[]
  readonly startTime: number
  readonly now: number
}

interface StatusBody {
  readonly start_time?: string
  readonly healthy: boolean
  readonly status: string
  readonly error?: string
  readonly status_time: string
  readonly components?: Readonly<Record<string, StatusBody>>
}

/** The answer of the status page (11.2): 404 for an unknown pipeline, else the table's code and the body. */
export function statusAnswer(
  query: StatusQuery,
  snapshot: StatusSnapshot,
  health: ComponentHealth,
): HttpAnswer {
  const groups = groupsOf(snapshot.components)
  const { pipeline } = query
  const chosen = pipeline === undefined ? undefined : groups.get(`pipeline:${pipeline}`)
  if (pipeline !== undefined && chosen === undefined) {
    return json(404, { error: 'There is no pipeline of that name.' })
  }
  const members = chosen ?? snapshot.components
  const event = gravest(members, health)
  const code = codeOf(event, snapshot.now, health)
  const components =
    chosen === undefined
      ? Object.fromEntries(
          [...groups].map(([name, group]) => [
            name,
            {
              ...bodyOf(gravest(group, health), snapshot, health),
              components: partsOf(group, snapshot, health),
            },
          ]),
        )
      : partsOf(chosen, snapshot, health)
  return json(code, {
    start_time: new Date(snapshot.startTime).toISOString(),
    ...bodyOf(event, snapshot, health),
    ...(query.verbose ? { components } : {}),
  })
}

/** HTTP code of a status, by the table of section 11.2. */
export function codeOf(event: StatusEvent, now: number, health: ComponentHealth): number {
  switch (event.kind) {
    case 'OK':
      return 200
    case 'RecoverableError':
      return health.include_recoverable_errors && now - event.at >= health.recovery_duration ? 500 : 200
    case 'PermanentError':
      return health.include_permanent_errors ? 500 : 200
    case 'FatalError':
      return 500
    case 'None':
    case 'Starting':
    case 'Stopping':
    case 'Stopped':
      return 503
  }
}

function groupsOf(components: readonly ComponentStatus[]): ReadonlyMap<string, readonly ComponentStatus[]> {
  const groups = new Map<string, ComponentStatus[]>()
  for (const component of components) {
    const names =
      component.kind === 'extension' ? ['extensions'] : component.pipelines.map((id) => `pipeline:${id}`)
    for (const name of names) groups.set(name, [...(groups.get(name) ?? []), component])
  }
  return groups
}

function gravest(components: readonly ComponentStatus[], health: ComponentHealth): StatusEvent {
  const event = aggregateStatus(
    components.map(({ status }) => status),
    {
      includePermanentErrors: health.include_permanent_errors,
      includeRecoverableErrors: health.include_recoverable_errors,
    },
  )
  return event ?? { kind: 'None', at: 0 }
}

function partsOf(
  components: readonly ComponentStatus[],
  snapshot: StatusSnapshot,
  health: ComponentHealth,
): Readonly<Record<string, StatusBody>> {
  return Object.fromEntries(
    components.map(({ kind, id, status }) => [`${kind}:${id}`, bodyOf(status, snapshot, health)]),
  )
}

function bodyOf(event: StatusEvent, { now }: StatusSnapshot, health: ComponentHealth): StatusBody {
  return {
    healthy: codeOf(event, now, health) === 200,
    status: `Status${event.kind}`,
    ...(event.error === undefined ? {} : { error: errorText(event.error) }),
    status_time: new Date(event.at).toISOString(),
  }
}

function json(status: number, body: object): HttpAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}
