import type { AnyFactory } from '../component/define.ts'
import { checkConfig } from '../schema/check-config.ts'
import { isRecord } from '../schema/expanded.ts'
import { parseConfig } from '../schema/parse-config.ts'
import type { ExtensionRole } from '../schema/schema.ts'
import type { ServiceConfig } from './collector-config.ts'
import type { Components, UsedReference } from './components.ts'
import { sectionOfKind, serviceSchema } from './document-schema.ts'
import { type ConfigNode, type MapNode, mapNode, toPlain } from './node.ts'
import {
  type CheckedPipeline,
  checkPipelines,
  checkReference,
  idList,
  reportDuplicates,
} from './pipelines.ts'
import type { Report } from './report.ts'

/** Checks the `service` section against what is configured. Where it has faults, defaults stand in. */
export function checkService(
  root: MapNode,
  ids: Components['ids'],
  report: Report,
  tracesOnly: boolean,
): ServiceConfig {
  const node = root.entries.get('service')?.node
  const pipelineNode = node?.kind === 'map' ? node.entries.get('pipelines')?.node : undefined
  const plain = node === undefined ? {} : toPlain(withoutPipelines(node))
  const checked = checkConfig(serviceSchema, plain, ['service'], 0)
  report.take(checked)
  const extensions = isRecord(checked.config) ? (idList(checked.config['extensions']) ?? []) : []
  checkExtensions(extensions, ids, report)
  const pipelines = checkPipelines(pipelineNode, ids, report, tracesOnly)
  const settings = parseConfig(serviceSchema, checked.issues.length === 0 ? plain : {})
  return Object.freeze({
    extensions,
    pipelines,
    telemetry: settings.telemetry,
    shutdownTimeoutMs: settings.shutdown_timeout,
    shutdownDelayMs: settings.shutdown_delay,
    raw: withPipelines(checked.effective, pipelines),
    redacted: withPipelines(checked.redacted, pipelines),
  })
}

/** Pipelines are checked one by one, so that a fault in one does not hide those of the others. */
function withoutPipelines(node: ConfigNode): ConfigNode {
  if (node.kind !== 'map' || node.entries.get('pipelines')?.node.kind !== 'map') return node
  return mapNode(new Map([...node.entries].filter(([key]) => key !== 'pipelines')), node.place)
}

function checkExtensions(extensions: readonly string[], ids: Components['ids'], report: Report): void {
  const path = ['service', 'extensions']
  for (const [index, id] of extensions.entries()) {
    checkReference({ kind: 'extension', id, path, target: [...path, index] }, ids, report)
  }
  reportDuplicates(extensions, 'extension', path, path, report)
}

function withPipelines(settings: unknown, pipelines: ReadonlyMap<string, CheckedPipeline>): unknown {
  const entries = [...pipelines].map(([id, { effective }]) => [id, effective] as const)
  const { extensions, ...rest } = isRecord(settings) ? settings : {}
  return Object.freeze({ extensions, pipelines: Object.fromEntries(entries), ...rest })
}

/** What runs: the components that pipelines and the list of extensions name. */
export function usedIds(service: ServiceConfig): Components['ids'] {
  const used = {
    receivers: new Set<string>(),
    processors: new Set<string>(),
    exporters: new Set<string>(),
    connectors: new Set<string>(),
    extensions: new Set(service.extensions),
  }
  for (const pipeline of service.pipelines.values()) {
    for (const list of ['receivers', 'processors', 'exporters'] as const) {
      for (const id of pipeline[list]) {
        used[list].add(id)
        used.connectors.add(id)
      }
    }
  }
  return used
}

/** Checks the settings that name other components; an extension that something uses must also run. */
export function checkReferences(
  references: readonly UsedReference[],
  { ids, extensions }: Pick<Components, 'ids' | 'extensions'>,
  service: ServiceConfig,
  report: Report,
): void {
  const used = usedIds(service)
  for (const { kind, id, path, owner, role } of references) {
    const isConfigured = checkReference({ kind, id, path, target: path }, ids, report)
    if (isConfigured && role !== undefined) {
      const message = refusal(id, role, extensions)
      if (message !== undefined) {
        const able = [...extensions.values()].find(({ factory }) => offers(factory)?.includes(role))
        const suggestion = able?.id ?? `Name an extension such as ${typicalOf[role]}.`
        report.fault({ code: 'wrong_extension', path, message, suggestion })
        continue
      }
    }
    const runs = used[sectionOfKind[owner.kind]].has(owner.id)
    if (!isConfigured || !runs || kind !== 'extension' || used[sectionOfKind[kind]].has(id)) continue
    const message = `references extension "${id}" which is not listed in service::extensions`
    report.fault({
      code: 'extension_not_listed',
      path,
      message,
      suggestion: `Add ${id} to service::extensions.`,
    })
  }
}

/** What an extension lacks; `undefined` if nothing, or if it does not say what it offers. */
function refusal(id: string, role: ExtensionRole, extensions: Components['extensions']): string | undefined {
  const factory = extensions.get(id)?.factory
  const offered = factory === undefined ? undefined : offers(factory)
  return offered === undefined || offered.includes(role) ? undefined : `extension "${id}" is ${lacking[role]}`
}

const offers = (factory: AnyFactory): readonly ExtensionRole[] | undefined =>
  factory.kind === 'extension' ? factory.offers : undefined

const lacking = {
  storage: 'no storage',
  authenticator: 'no authenticator',
  request_guard: 'nothing that can refuse requests',
} as const satisfies Record<ExtensionRole, string>

const typicalOf = {
  storage: 'file_storage',
  authenticator: 'bearertokenauth',
  request_guard: 'memory_limiter',
} as const satisfies Record<ExtensionRole, string>

/** CFG-04. */
export function warnOfUnused(ids: Components['ids'], service: ServiceConfig, report: Report): void {
  const used = usedIds(service)
  for (const kind of ['receiver', 'processor', 'exporter', 'connector', 'extension'] as const) {
    const section = sectionOfKind[kind]
    for (const id of ids[section]) {
      if (used[section].has(id)) continue
      const where = kind === 'extension' ? 'not listed in service::extensions' : 'not used by any pipeline'
      report.warn({
        code: 'unused_component',
        path: [section, id],
        message: `${kind} "${id}" is configured but ${where}`,
        at: 'key',
      })
    }
  }
}
