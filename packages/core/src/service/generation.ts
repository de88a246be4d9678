import type { Clock } from '../clock/clock.ts'
import type { Extension } from '../component/extension.ts'
import type { CollectorConfig } from '../config/collector-config.ts'
import type { AccountReading } from '../telemetry/accounting.ts'
import { configuredComponent } from './config-views.ts'
import { inStartOrder } from './extension-order.ts'
import { startOne, stopOne, type StopFailure } from './lifecycle.ts'
import {
  createExtensionMember,
  createPipelineMember,
  type ExtensionMember,
  type PipelineMember,
  type Surroundings,
} from './member.ts'
import { connect, graphOf, portsOf, type Pipelines } from './pipelines.ts'
import { stopMembers } from './stop-pipelines.ts'

/** What a generation is made of at the moment; a reload exchanges parts of it. */
export interface Parts {
  readonly config: CollectorConfig
  /** In the order of starting. */
  readonly extensions: ReadonlyMap<string, ExtensionMember>
  readonly pipelines: Pipelines
  /** Values that the instances of one processor id share. */
  readonly shared: Map<string, object>
}

/**
 * Everything that runs for one configuration with one own telemetry: extensions and pipelines, created together,
 * started and stopped in order.
 */
export class Generation {
  readonly around: Surroundings
  #parts: Parts

  /** @throws StartError naming the component that could not be created, or the extension that misses another one. */
  constructor(config: CollectorConfig, around: Surroundings) {
    this.around = around
    const { find } = this
    const listed = config.service.extensions.map((id) => {
      return [id, createExtensionMember(configuredComponent(config, 'extension', id), around, find)] as const
    })
    const graph = graphOf(config)
    const ports = portsOf(graph)
    const shared = new Map<string, object>()
    const members = new Map<string, PipelineMember>()
    for (const node of graph.startOrder) {
      const spec = configuredComponent(config, node.kind, node.id)
      const member = createPipelineMember(node, spec, around, { find, shared })
      connect(member, node, ports)
      ports.get(node.key)?.use(member.instance.entry)
      members.set(node.key, member)
    }
    const extensions = inStartOrder(new Map(listed))
    this.#parts = { config, extensions, pipelines: { graph, members, ports }, shared }
  }

  get parts(): Parts {
    return this.#parts
  }

  /** The running extension of that id. A function of its own, so that who keeps it keeps nothing else alive. */
  readonly find = (id: string): Extension | undefined => this.#parts.extensions.get(id)?.component

  /** Goes on with other parts; what is in both runs already. */
  become(parts: Parts): void {
    this.#parts = parts
  }

  /** @throws StartError of what cannot start (RUN-03). */
  async start(signal?: AbortSignal): Promise<void> {
    const { extensions } = this.#parts
    for (const member of [...extensions.values(), ...this.#members()]) member.show()
    await this.around.telemetry.metrics.start()
    for (const member of extensions.values()) await startOne(member, member.host, signal)
    for (const member of this.#members()) await startOne(member, member.host, signal)
  }

  /** Tells extensions whether the pipelines run. */
  tell(
    what: 'ready' | 'notReady',
    extensions: Iterable<ExtensionMember> = this.#parts.extensions.values(),
  ): void {
    for (const { component, logger } of extensions) {
      try {
        component[what]?.()
      } catch (error) {
        logger.error('The extension failed to take note of the state of the pipelines.', { error })
      }
    }
  }

  /** Stops the pipeline components that were started, upstream first (SIG-01). */
  stopPipelines(signal: AbortSignal): Promise<readonly StopFailure[]> {
    return stopMembers(this.#members().filter(wasStarted), signal, this.#clock)
  }

  /** Stops the extensions that were started, or those of them that `which` chooses, in reverse order. */
  async stopExtensions(
    signal: AbortSignal,
    which: (member: ExtensionMember) => boolean = () => true,
  ): Promise<readonly StopFailure[]> {
    const failures: StopFailure[] = []
    for (const member of [...this.#parts.extensions.values()].toReversed()) {
      if (wasStarted(member) && which(member)) failures.push(...(await stopOne(member, signal, this.#clock)))
    }
    return failures
  }

  /** Lets all instances give their sockets to others. */
  leave(leaving: boolean): void {
    const { extensions } = this.#parts
    for (const { host } of [...extensions.values(), ...this.#members()]) host.leaving = leaving
  }

  /** Forgets all instances, once they have stopped or if they were never started. */
  forget(): void {
    for (const member of [...this.#parts.extensions.values(), ...this.#members()]) member.forget()
    this.around.accounts.keepOnly(new Set())
  }

  accounting(): readonly AccountReading[] {
    return this.around.accounts.read(this.#parts.pipelines.members.keys())
  }

  /** Says how far components can be relied on (RUN-05). */
  logStability(members: Iterable<PipelineMember> = this.#members()): void {
    for (const { config, logger } of members) {
      const { stability } = config.factory
      const unripe = stability === 'development' || stability === 'unmaintained' || stability === 'deprecated'
      logger[unripe ? 'info' : 'debug']('Component created.', { stability })
    }
  }

  get #clock(): Clock {
    return this.around.clock
  }

  /** In the order of starting. */
  #members(): readonly PipelineMember[] {
    const { graph, members } = this.#parts.pipelines
    return graph.startOrder.flatMap(({ key }) => members.get(key) ?? [])
  }
}

const wasStarted = ({ status }: ExtensionMember | PipelineMember): boolean => status.current.kind !== 'None'
