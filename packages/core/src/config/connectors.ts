import type { PipelineConfig } from './collector-config.ts'
import type { Components } from './components.ts'
import type { Report } from './report.ts'

type Pipelines = ReadonlyMap<string, PipelineConfig>

/** CFG-07: ids are unambiguous, each connector joins two pipelines, and no way leads back to itself. */
export function checkConnectors(pipelines: Pipelines, ids: Components['ids'], report: Report): void {
  const asReceiver = usersOf(pipelines, 'receivers')
  const asExporter = usersOf(pipelines, 'exporters')
  for (const id of ids.connectors) {
    if (isOfUnknownType(id, report)) continue
    for (const kind of ['receiver', 'exporter'] as const) {
      if (!ids[`${kind}s`].has(id)) continue
      const message = `ambiguous ID: Found both "${id}" ${kind} and "${id}" connector`
      const suggestion = `Give one of the two another name, such as ${id}/2.`
      report.fault({ code: 'ambiguous_id', path: ['connectors', id], message, at: 'key', suggestion })
    }
    reportHalf(id, 'exporter', asExporter.get(id), 'receiver', asReceiver.get(id), report)
    reportHalf(id, 'receiver', asReceiver.get(id), 'exporter', asExporter.get(id), report)
  }
  const cycle = findCycle(pipelines, ids.connectors)
  if (cycle !== undefined) reportCycle(cycle, pipelines, report)
}

/** Of what type a connector was meant to be is open, and so is how it is used. */
function isOfUnknownType(id: string, { faults }: Report): boolean {
  return faults.some(
    ({ code, path }) => code === 'unknown_type' && path[0] === 'connectors' && path[1] === id,
  )
}

/** Ids of the pipelines that list a component. */
function usersOf(
  pipelines: Pipelines,
  list: 'receivers' | 'exporters',
): ReadonlyMap<string, readonly string[]> {
  const users = new Map<string, string[]>()
  for (const pipeline of pipelines.values()) {
    for (const id of pipeline[list]) {
      const known = users.get(id)
      if (known === undefined) users.set(id, [pipeline.id])
      else known.push(pipeline.id)
    }
  }
  return users
}

function reportHalf(
  id: string,
  role: 'receiver' | 'exporter',
  users: readonly string[] | undefined,
  otherRole: string,
  others: readonly string[] | undefined,
  report: Report,
): void {
  if (users === undefined || others !== undefined) return
  const message = `connector "${id}" used as ${role} in [${users.join(' ')}] pipeline but not used in any supported ${otherRole} pipeline`
  report.fault({
    code: 'half_used_connector',
    path: ['connectors', id],
    message,
    target: ['service', 'pipelines', users[0] ?? '', `${role}s`],
    suggestion: `List it under ${otherRole}s of another pipeline, too.`,
  })
}

/** A place on the way of spans: a connector, or the pipeline between two of them. */
interface Stop {
  readonly kind: 'connector' | 'pipeline'
  readonly id: string
}

function reportCycle(cycle: readonly Stop[], pipelines: Pipelines, report: Report): void {
  const parts = cycle.flatMap(({ kind, id }) =>
    kind === 'connector'
      ? [connectorText(id)]
      : (pipelines.get(id)?.processors ?? []).map((name) => `processor "${name}" in pipeline "${id}"`),
  )
  report.fault({
    code: 'cycle',
    path: ['service', 'pipelines'],
    message: `cycle detected: ${[...parts, connectorText(cycle[0]?.id ?? '')].join(' -> ')}`,
    suggestion: `Take connector "${cycle.findLast(({ kind }) => kind === 'connector')?.id ?? ''}" out of one of its pipelines.`,
    target: ['service', 'pipelines', cycle[1]?.id ?? ''],
    at: 'key',
  })
}

function connectorText(id: string): string {
  return `connector "${id}" (traces to traces)`
}

/** Follows every way once; one that meets itself is a cycle, given from a connector on. */
function findCycle(pipelines: Pipelines, connectors: ReadonlySet<string>): readonly Stop[] | undefined {
  const fed = usersOf(pipelines, 'receivers')
  const nextOf = ({ kind, id }: Stop): Iterator<Stop> => {
    const next =
      kind === 'connector'
        ? (fed.get(id) ?? []).map((pipeline): Stop => ({ kind: 'pipeline', id: pipeline }))
        : (pipelines.get(id)?.exporters ?? [])
            .filter((exporter) => connectors.has(exporter))
            .map((connector): Stop => ({ kind: 'connector', id: connector }))
    return next.values()
  }
  const done = new Set<string>()
  for (const start of connectors) {
    const way: { stop: Stop; next: Iterator<Stop> }[] = []
    const onWay = new Set<string>()
    const enter = (stop: Stop): void => {
      way.push({ stop, next: nextOf(stop) })
      onWay.add(keyOf(stop))
    }
    if (!done.has(keyOf({ kind: 'connector', id: start }))) enter({ kind: 'connector', id: start })
    for (let top = way.at(-1); top !== undefined; top = way.at(-1)) {
      const step = top.next.next()
      if (step.done) {
        done.add(keyOf(top.stop))
        onWay.delete(keyOf(top.stop))
        way.pop()
      } else if (onWay.has(keyOf(step.value))) {
        return fromConnector(
          way.map(({ stop }) => stop),
          step.value,
        )
      } else if (!done.has(keyOf(step.value))) enter(step.value)
    }
  }
  return undefined
}

function fromConnector(way: readonly Stop[], met: Stop): readonly Stop[] {
  const cycle = way.slice(way.findIndex((stop) => keyOf(stop) === keyOf(met)))
  const first = cycle.findIndex((stop) => stop.kind === 'connector')
  return [...cycle.slice(first), ...cycle.slice(0, first)]
}

function keyOf({ kind, id }: Stop): string {
  return `${kind}:${id}`
}
