import type { PipelineConfig } from './collector-config.ts'
import type { Components } from './components.ts'
import type { Report } from './report.ts'

type Pipelines = ReadonlyMap<string, PipelineConfig>

/** CFG-07: ids are unambiguous, each connector joins two pipelines, and no way leads back to itself. */
export function checkConnectors(pipelines: Pipelines, ids: Components['ids'], report: Report): void {
  for (const id of ids.connectors) {
    for (const kind of ['receiver', 'exporter'] as const) {
      if (!ids[`${kind}s`].has(id)) continue
      const message = `ambiguous ID: Found both "${id}" ${kind} and "${id}" connector`
      report.fault({ code: 'ambiguous_id', path: ['connectors', id], message, at: 'key' })
    }
    checkBothSides(id, pipelines, report)
  }
  reportCycle(pipelines, ids.connectors, report)
}

function checkBothSides(id: string, pipelines: Pipelines, report: Report): void {
  const as = (list: 'receivers' | 'exporters'): readonly string[] =>
    [...pipelines.values()].filter((pipeline) => pipeline[list].includes(id)).map((pipeline) => pipeline.id)
  const asExporter = as('exporters')
  const asReceiver = as('receivers')
  const half = (role: string, users: readonly string[], other: string): void => {
    const list = `${role}s` as const
    report.fault({
      code: 'half_used_connector',
      path: ['connectors', id],
      message: `connector "${id}" used as ${role} in [${users.join(' ')}] pipeline but not used in any supported ${other} pipeline`,
      target: ['service', 'pipelines', users[0] ?? '', list],
    })
  }
  if (asExporter.length > 0 && asReceiver.length === 0) half('exporter', asExporter, 'receiver')
  if (asReceiver.length > 0 && asExporter.length === 0) half('receiver', asReceiver, 'exporter')
}

/** From a connector through a pipeline that it feeds to a connector at that pipeline's end. */
interface Step {
  readonly from: string
  readonly pipeline: PipelineConfig
  readonly to: string
}

function reportCycle(pipelines: Pipelines, connectors: ReadonlySet<string>, report: Report): void {
  const steps = [...pipelines.values()].flatMap((pipeline) =>
    pipeline.receivers
      .filter((from) => connectors.has(from))
      .flatMap((from) =>
        pipeline.exporters.filter((to) => connectors.has(to)).map((to): Step => ({ from, pipeline, to })),
      ),
  )
  const cycle = findCycle(steps)
  if (cycle === undefined) return
  const parts = cycle.flatMap(({ from, pipeline }) => [
    connectorText(from),
    ...pipeline.processors.map((processor) => `processor "${processor}" in pipeline "${pipeline.id}"`),
  ])
  const start = cycle[0]?.from ?? ''
  report.fault({
    code: 'cycle',
    path: ['service', 'pipelines'],
    message: `cycle detected: ${[...parts, connectorText(start)].join(' -> ')}`,
    target: ['service', 'pipelines', cycle[0]?.pipeline.id ?? ''],
    at: 'key',
  })
}

function connectorText(id: string): string {
  return `connector "${id}" (traces to traces)`
}

/** Walks every way once; a way that meets itself is a cycle. */
function findCycle(steps: readonly Step[]): readonly Step[] | undefined {
  const from = Map.groupBy(steps, (step) => step.from)
  const done = new Set<string>()
  const way: { node: string; steps: Step[]; by?: Step }[] = []
  for (const start of from.keys()) {
    if (done.has(start)) continue
    way.push({ node: start, steps: [...(from.get(start) ?? [])] })
    for (let top = way.at(-1); top !== undefined; top = way.at(-1)) {
      const step = top.steps.shift()
      if (step === undefined) {
        done.add(top.node)
        way.pop()
        continue
      }
      const met = way.findIndex((at) => at.node === step.to)
      if (met >= 0) return [...way.slice(met + 1).flatMap((at) => at.by ?? []), step]
      if (!done.has(step.to)) way.push({ node: step.to, steps: [...(from.get(step.to) ?? [])], by: step })
    }
  }
  return undefined
}
