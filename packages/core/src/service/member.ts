import type { Clock } from '../clock/clock.ts'
import type { ComponentKind } from '../component/component.ts'
import type { Extension } from '../component/extension.ts'
import type { BuildInfo, CollectorView } from '../component/options.ts'
import type { AssemblyProfile } from '../component/profile.ts'
import type { ComponentConfig } from '../config/collector-config.ts'
import type { Acceptors } from '../net/acceptors.ts'
import { buildInstance, createError, type Instance, type InstanceTelemetry } from '../pipeline/build.ts'
import type { GraphNode } from '../pipeline/graph.ts'
import type { Boundaries } from '../tap/boundary.ts'
import { Account, type AccountOwner } from '../telemetry/accounting.ts'
import type { LogFields } from '../telemetry/logger.ts'
import { scopedMeter } from '../telemetry/scoped-meter.ts'
import type { AccountBook } from './account-book.ts'
import { InstanceHost } from './instance-host.ts'
import type { Living } from './lifecycle.ts'
import type { OwnTelemetry } from './own-telemetry.ts'
import type { StatusBook } from './status-book.ts'

/** What all instances of a collector are made with, as long as its own telemetry stays the same. */
export interface Surroundings {
  readonly build: BuildInfo
  readonly clock: Clock
  readonly telemetry: OwnTelemetry
  readonly statuses: StatusBook
  readonly accounts: AccountBook
  readonly acceptors: Acceptors
  readonly profiles: ReadonlyMap<string, AssemblyProfile>
  readonly boundaries: Boundaries
  readonly view: CollectorView
}

/** One instance of a configured component. */
export interface Member extends Living {
  readonly config: ComponentConfig
  readonly host: InstanceHost
  /** Lists it and lets its metrics be read. */
  show(): void
  /** Takes it off the lists again while it goes on to its end: another one stands there in its place. */
  hide(): void
  /** Forgets it once it has stopped, or was never started. */
  forget(): void
}

/** An extension. */
export interface ExtensionMember extends Member {
  readonly component: Extension
}

/** A component of the pipelines. */
export interface PipelineMember extends Member {
  readonly instance: Instance
  /** It belongs to these pipelines from now on. */
  movedTo(pipelines: readonly string[]): void
}

type FindExtension = (id: string) => Extension | undefined

/** @throws StartError naming the extension that could not be created. */
export function createExtensionMember(
  config: ComponentConfig,
  around: Surroundings,
  find: FindExtension,
): ExtensionMember {
  const { factory, id } = config
  const owner = { kind: 'extension', id, pipelines: [] } as const
  const own = ownParts(owner, new Account(owner), around)
  const { clock, build, view } = around
  try {
    if (factory.kind !== 'extension') throw new TypeError('It is no extension.')
    const { telemetry } = own
    const component = factory.create({
      id,
      config: config.config,
      clock,
      build,
      collector: view,
      telemetry,
    })
    return { component, ...memberOf('extension', config, own, around, find) }
  } catch (error) {
    own.forget()
    throw createError('extension', id, error, config.plugin)
  }
}

/** @throws StartError naming the component that could not be created. */
export function createPipelineMember(
  node: GraphNode,
  config: ComponentConfig,
  around: Surroundings,
  { find, shared }: { readonly find: FindExtension; readonly shared: Map<string, object> },
): PipelineMember {
  const { kind, id, pipelines } = node
  const owner = { kind, id, pipelines }
  const own = ownParts(owner, around.accounts.of(node.key, owner), around)
  const { clock, build, profiles, boundaries, telemetry } = around
  const tracer = telemetry.traces.enabled ? telemetry.traces.tracer : undefined
  const input = { clock, build, profiles, boundaries, shared, tracer, instruments: telemetry.instruments }
  try {
    const instance = buildInstance(node, config, own.telemetry, input)
    return {
      component: instance.component,
      instance,
      movedTo(pipelines) {
        own.status.movedTo(pipelines)
        own.telemetry.account.movedTo(pipelines)
      },
      ...memberOf(kind, config, own, around, find),
    }
  } catch (error) {
    own.forget()
    throw error
  }
}

interface OwnParts extends Pick<Member, 'status' | 'show' | 'hide' | 'forget'> {
  readonly telemetry: InstanceTelemetry
}

/** Everything that one instance tells about itself, labelled with who it is. */
function ownParts(
  owner: AccountOwner,
  account: Account,
  { telemetry: { logger, metrics, traces }, statuses }: Surroundings,
): OwnParts {
  const status = statuses.open(owner)
  const scope = scopedMeter(metrics.meter)
  const member = account.member()
  const hide = (): void => {
    scope.close()
    statuses.close(status)
  }
  return {
    status,
    telemetry: {
      logger: logger.child(logFields(owner)),
      meter: scope.meter,
      metricsLevel: metrics.level,
      tracer: traces.tracer,
      status: status.reporter,
      accounting: member.accounting,
      account,
    },
    show() {
      scope.open()
      status.show()
    },
    hide,
    forget() {
      hide()
      member.close()
    },
  }
}

function memberOf(
  kind: ComponentKind,
  config: ComponentConfig,
  { telemetry: { logger }, status, show, hide, forget }: OwnParts,
  { acceptors }: Surroundings,
  find: FindExtension,
): Omit<Member, 'component'> {
  const { id, plugin } = config
  const host = new InstanceHost(kind, id, find, acceptors)
  return { kind, id, plugin, config, host, logger, status, show, hide, forget }
}

/** Fields of LOG-02; what is not unique, because several pipelines share the instance, is left out. */
export function logFields({ kind, id, pipelines }: AccountOwner): LogFields {
  return {
    'otelcol.component.id': id,
    'otelcol.component.kind': kind,
    ...(kind === 'extension' ? {} : { 'otelcol.signal': 'traces' }),
    ...(kind === 'connector' ? { 'otelcol.signal.output': 'traces' } : {}),
    ...(kind === 'processor' ? { 'otelcol.pipeline.id': pipelines.join(',') } : {}),
  }
}
