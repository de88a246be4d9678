import { checkConfig } from '../schema/check-config.ts'
import { parseComponentId } from '../schema/component-id.ts'
import { isRecord } from '../schema/expanded.ts'
import { type Path, inMessage } from '../schema/issue.ts'
import type { PipelineConfig } from './collector-config.ts'
import type { Components } from './components.ts'
import { invalidId } from './components.ts'
import { pipelineSchema, sectionOfKind } from './document-schema.ts'
import { type ConfigNode, toPlain } from './node.ts'
import type { Report } from './report.ts'
import { isOtherSignal } from './signals.ts'
import { article } from './unknown-type.ts'

/** A pipeline with its settings in the form of a file. */
export interface CheckedPipeline extends PipelineConfig {
  readonly effective: unknown
}

/** Checks `service::pipelines`: signals, lists, and that everything they name is configured. */
export function checkPipelines(
  node: ConfigNode | undefined,
  ids: Components['ids'],
  report: Report,
  skipsOthers: boolean,
): ReadonlyMap<string, CheckedPipeline> {
  const pipelines = new Map<string, CheckedPipeline>()
  const path = ['service', 'pipelines']
  const entries = node?.kind === 'map' ? [...node.entries] : []
  const kept = entries.filter(([key]) => !(skipsOthers && isOtherSignal(key)))
  if (kept.length === 0 && (node === undefined || node.kind === 'map' || isNull(node))) {
    const message = 'service must have at least one pipeline'
    report.fault({
      code: 'no_pipeline',
      path,
      message,
      at: 'key',
      suggestion: 'Add one, such as traces: { receivers: […], exporters: […] }.',
    })
  }
  for (const [key, entry] of kept) {
    const at = [...path, key]
    const id = checkPipelineId(key, at, report)
    if (id !== undefined && pipelines.has(id)) {
      report.fault({
        code: 'duplicate_id',
        path: at,
        message: `duplicate name "${id}"`,
        at: 'key',
        suggestion: 'Remove one of the two.',
      })
    } else if (id !== undefined) {
      const pipeline = checkPipeline(id, entry.node, at, ids, report)
      if (pipeline !== undefined) pipelines.set(id, pipeline)
    }
  }
  return pipelines
}

function isNull(node: ConfigNode): boolean {
  return node.kind === 'scalar' && node.value === null
}

/** CFG-08. */
function checkPipelineId(key: string, path: Path, report: Report): string | undefined {
  const id = parseComponentId(key)
  if (typeof id === 'string') {
    report.fault(invalidId(key, id, path))
    return undefined
  }
  if (id.type === 'traces') return id.id
  const other = isOtherSignal(key)
  report.fault({
    code: 'unsupported_signal',
    path,
    message: other
      ? 'telemetry type is not supported: this collector handles traces only'
      : `unknown signal "${id.type}": this collector handles traces only`,
    at: 'key',
    suggestion: other ? 'Start with --traces-only to skip pipelines of other signals.' : 'traces',
  })
  return undefined
}

function checkPipeline(
  id: string,
  node: ConfigNode,
  path: Path,
  ids: Components['ids'],
  report: Report,
): CheckedPipeline | undefined {
  const checked = checkConfig(pipelineSchema, toPlain(node), path, 0)
  report.take(checked)
  if (!isRecord(checked.config)) return undefined
  const receivers = idList(checked.config['receivers'])
  const processors = idList(checked.config['processors'])
  const exporters = idList(checked.config['exporters'])
  const missing = (what: 'receiver' | 'exporter'): void => {
    const [first] = [...ids[`${what}s`], ...ids.connectors]
    report.fault({
      code: `no_${what}`,
      path,
      message: `must have at least one ${what}`,
      at: 'key',
      ...(first === undefined
        ? {}
        : { suggestion: `Name what is configured: ${what}s: [${inMessage(first)}]` }),
    })
  }
  if (receivers?.length === 0) missing('receiver')
  if (exporters?.length === 0) missing('exporter')
  const check = (list: readonly string[] | undefined, kind: PipelineKind): void =>
    checkList(list ?? [], kind, path, ids, report)
  check(receivers, 'receiver')
  check(processors, 'processor')
  check(exporters, 'exporter')
  if (checked.issues.length > 0) return undefined
  return Object.freeze({
    id,
    receivers: receivers ?? [],
    processors: processors ?? [],
    exporters: exporters ?? [],
    effective: checked.effective,
  })
}

/** Ids of a list in their plain form; `undefined` when it is no list of texts. */
export function idList(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) return undefined
  return Object.freeze(value.map(plainId))
}

function plainId(text: string): string {
  const id = parseComponentId(text)
  return typeof id === 'string' ? text : id.id
}

type PipelineKind = 'receiver' | 'processor' | 'exporter'

const sectionsOf = {
  receiver: ['receivers', 'connectors'],
  processor: ['processors'],
  exporter: ['exporters', 'connectors'],
  extension: ['extensions'],
} as const

function checkList(
  list: readonly string[],
  kind: PipelineKind,
  path: Path,
  ids: Components['ids'],
  report: Report,
): void {
  for (const [index, id] of list.entries()) {
    checkReference({ kind, id, path, target: [...path, `${kind}s`, index] }, ids, report)
  }
  reportDuplicates(list, kind, path, [...path, `${kind}s`], report)
}

/** CFG-06: what is listed twice is a mistake. */
export function reportDuplicates(
  list: readonly string[],
  kind: string,
  path: Path,
  target: Path,
  report: Report,
): void {
  const seen = new Set<string>()
  for (const [index, id] of list.entries()) {
    if (seen.has(id)) {
      const message = `references ${kind} "${inMessage(id)}" multiple times`
      const suggestion = 'Remove one of the two.'
      report.fault({ code: 'duplicate_reference', path, message, target: [...target, index], suggestion })
    }
    seen.add(id)
  }
}

/** Reports a name of a component that is not configured, with the nearest one that is. */
export function checkReference(
  reference: { kind: keyof typeof sectionsOf; id: string; path: Path; target: Path },
  ids: Components['ids'],
  report: Report,
): boolean {
  const { kind, id, path, target } = reference
  const parsed = parseComponentId(id)
  if (typeof parsed === 'string') {
    report.fault({ ...invalidId(id, parsed, path), target, at: 'value' })
    return false
  }
  const sections = sectionsOf[kind]
  if (sections.some((section) => ids[section].has(parsed.id))) return true
  const nearest = sections
    .map((section) => report.nearest(parsed.id, ids[section]))
    .find((id) => id !== undefined)
  report.fault({
    code: 'unknown_reference',
    path,
    message: `references ${kind} "${inMessage(id)}" which is not configured`,
    target,
    suggestion: otherRole(kind, parsed.id, ids) ?? nearest ?? `Configure it under ${kind}s.`,
  })
  return false
}

/** A component of that id may be configured, and play another role. */
function otherRole(kind: keyof typeof sectionsOf, id: string, ids: Components['ids']): string | undefined {
  const others = ['receiver', 'processor', 'exporter', 'connector', 'extension'] as const
  const role = others.find((other) => other !== kind && ids[sectionOfKind[other]].has(id))
  if (role === undefined) return undefined
  const where =
    role === 'connector' ? 'exporters of one pipeline and receivers of another' : placeOfRole[role]
  return `"${inMessage(id)}" is ${article[role]}: list it under ${where}, or configure it under ${kind}s.`
}

const placeOfRole = {
  receiver: 'receivers of a pipeline',
  processor: 'processors of a pipeline',
  exporter: 'exporters of a pipeline',
  extension: 'service::extensions',
} as const
