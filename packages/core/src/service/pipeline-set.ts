import type { Clock } from '../clock/clock.ts'
import type { Host } from '../component/component.ts'
import type { BuildInfo } from '../component/options.ts'
import type { AssemblyProfile } from '../component/profile.ts'
import type { CollectorConfig } from '../config/collector-config.ts'
import { buildInstances, type Instance } from '../pipeline/build.ts'
import { toGraph, type Graph } from '../pipeline/graph.ts'
import type { AccountReading } from '../telemetry/accounting.ts'
import { configuredComponent } from './config-views.ts'
import { instanceTelemetry } from './instance-telemetry.ts'
import { startOne, stopOne, type Living, type StopFailure } from './lifecycle.ts'
import type { OwnTelemetry } from './own-telemetry.ts'
import type { StatusBook, StatusEntry } from './status-book.ts'

/** What pipelines and extensions are built with. */
export interface Surroundings {
  readonly config: CollectorConfig
  readonly build: BuildInfo
  readonly clock: Clock
  readonly telemetry: OwnTelemetry
  readonly statuses: StatusBook
}

/** All pipeline components of one configuration: created together, started and stopped in order. */
export class PipelineSet {
  readonly graph: Graph
  readonly instances: ReadonlyMap<string, Instance>
  readonly #clock: Clock
  /** In the order of starting. */
  readonly #living: readonly Living[]

  /** @throws StartError naming the component that could not be created. */
  constructor(around: Surroundings, profiles: ReadonlyMap<string, AssemblyProfile>) {
    const { config, build, clock, telemetry, statuses } = around
    const entries = new Map<unknown, StatusEntry>()
    this.#clock = clock
    this.graph = toGraph(config.service.pipelines.values(), config.connectors)
    this.instances = buildInstances({
      graph: this.graph,
      clock,
      build,
      profiles,
      instruments: telemetry.instruments,
      tracer: telemetry.traces.enabled ? telemetry.traces.tracer : undefined,
      component: (kind, id) => configuredComponent(config, kind, id),
      telemetryOf: (owner) => {
        const entry = statuses.open(owner)
        const own = instanceTelemetry(owner, telemetry, entry)
        entries.set(own, entry)
        return own
      },
    })
    this.#living = this.graph.startOrder.flatMap(({ key }): Living[] => {
      const instance = this.instances.get(key)
      const status = entries.get(instance?.telemetry)
      if (instance === undefined || status === undefined) return []
      const { node, component, telemetry: own } = instance
      return [{ kind: node.kind, id: node.id, component, status, logger: own.logger }]
    })
  }

  /** @throws StartError of the first component that cannot start (RUN-03). */
  async start(host: Host): Promise<void> {
    for (const living of this.#living) await startOne(living, host)
  }

  /**
   * Stops what was started, upstream first (SIG-01). Receivers stop side by side, and so do exporters:
   * a slow one does not take the time of the others.
   */
  async stop(signal: AbortSignal): Promise<readonly StopFailure[]> {
    const started = this.#living.filter(({ status }) => status.current.kind !== 'None').toReversed()
    const stop = (living: Living): Promise<readonly StopFailure[]> => stopOne(living, signal, this.#clock)
    const receivers = started.filter(({ kind }) => kind === 'receiver')
    const exporters = started.filter(({ kind }) => kind === 'exporter')
    const failures = (await Promise.all(receivers.map(stop))).flat()
    for (const living of started) {
      if (living.kind !== 'receiver' && living.kind !== 'exporter') failures.push(...(await stop(living)))
    }
    failures.push(...(await Promise.all(exporters.map(stop))).flat())
    return failures
  }

  accounting(): readonly AccountReading[] {
    return [...this.instances.values()].map(({ account }) => account.read())
  }

  /** Says how far each component can be relied on (RUN-05). */
  logStability({ config }: Surroundings): void {
    for (const { node, telemetry } of this.instances.values()) {
      const { stability } = configuredComponent(config, node.kind, node.id).factory
      const unripe = stability === 'development' || stability === 'unmaintained' || stability === 'deprecated'
      telemetry.logger[unripe ? 'info' : 'debug']('Component created.', { stability })
    }
  }
}
