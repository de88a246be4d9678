import type { TracesConsumer } from './consumer.ts'
import type { Extension } from './extension.ts'
import type { ListeningSockets } from './listening-sockets.ts'
import type { Offline } from './offline.ts'

/** What a started component may ask of the collector around it. */
export interface Host {
  /** The running extension of that id; `undefined` if `service.extensions` does not list it. */
  extension(id: string): Extension | undefined
  /** The collector's listening sockets; where absent, a server opens one of its own. */
  readonly sockets?: ListeningSockets
  /**
   * Present where nothing may leave the process, as in `spanloom explain`: whoever would connect somewhere, read
   * files or ask for certificates turns to this instead.
   */
  readonly offline?: Offline
}

/** A part of the collector with a life of its own. */
export interface Component {
  /**
   * Returns once the component is ready; longer work goes on in the background.
   * A rejection stops the collector's start (RUN-03).
   */
  start(host: Host): Promise<void>
  /**
   * Stops taking data, hands on what it holds and frees its resources, giving up when `signal` aborts.
   * Safe to call twice, and without a `start` (SIG-04).
   */
  shutdown(signal: AbortSignal): Promise<void>
  /** Whether a reload has to put a new instance in its place even though the settings are the same. Default: no. */
  readonly isWorn?: boolean
  /**
   * Says, before the shutdown, that a reload has put an instance with other settings in this one's place: `heir`
   * takes what this one would otherwise lose. Only exporters hear of it.
   */
  succeededBy?(heir: TracesConsumer): void
}

/** Kinds of component. */
export type ComponentKind = 'receiver' | 'processor' | 'exporter' | 'connector' | 'extension'

/** How far a component can be relied on (CMP-12). */
export type Stability = 'development' | 'alpha' | 'beta' | 'stable' | 'deprecated' | 'unmaintained'
