import type { Component } from '../../component/component.ts'
import type { TracesConsumer } from '../../component/consumer.ts'
import type { Extension } from '../../component/extension.ts'
import type { AssemblyProfile } from '../../component/profile.ts'
import type { Span } from '../../traces/span.ts'
import type { Traces } from '../../traces/traces.ts'

/** Settings as a user writes them. */
export type Settings = Readonly<Record<string, unknown>>

/** What every contract says about the component that it tests. */
export interface ComponentContract {
  /** Settings under which the component starts. Ports are 0, paths lead to a temporary folder. */
  readonly config: Settings
  /** Running extensions that the settings refer to, by id. */
  readonly extensions?: Readonly<Record<string, Extension>>
  /** Runs before each instance is made, such as to remove the files of the one before. */
  readonly prepare?: () => void
  /** Assembly profiles that the component may look up. */
  readonly profiles?: ReadonlyMap<string, AssemblyProfile>
}

/** What a sender was told: keep it, send it again, or do not send it again. */
export type Answer = 'accepted' | 'retry' | 'rejected'

/** How the contract of receivers is tested with one of them. */
export interface ReceiverContract<C extends Component = Component> extends ComponentContract {
  /**
   * Sends event number `event` to the running receiver and tells what the sender was told. Equal numbers
   * are equal events, and different numbers lead to different spans; each leads to at least one.
   */
  send(receiver: C, event: number): Promise<Answer>
  /**
   * The receiver fetches its events and has no sender to answer: `send` puts an event where it will find
   * it, and its answer is not looked at. What the next stage refuses for now it must hand on again.
   * Default false.
   */
  readonly fetches?: boolean
}

/** How the contract of processors and connectors is tested with one of them. */
export interface StageContract extends ComponentContract {
  /**
   * Batches that the component is given. At least one span of them must come out, and more than one
   * batch makes for better tests. Default: `sampleTraces(12)`.
   */
  readonly input?: readonly Traces[]
  /** The component keeps spans back and hands them on later, at the latest when it shuts down. Default false. */
  readonly holds?: boolean
  /** The component is there to remove what it does not know. Default false. */
  readonly redacts?: boolean
  /** For one that holds: how long after the last input its clock runs before it is shut down, in milliseconds. Default 0. */
  readonly runMs?: number
}

/** What a destination does with one request. */
export type Treatment = 'take' | 'busy' | 'refuse' | 'hang'

/** Where an exporter under test sends its spans. */
export interface Destination {
  /** Settings that lead the exporter there. */
  readonly config: Settings
  /** Spans of the requests that it took, in order. */
  spans(): readonly Span[] | Promise<readonly Span[]>
  /**
   * Asks `decide` about every request from now on; before the first call everything is taken. `busy` is the
   * protocol's way to ask for a resend, `refuse` its way to ask for none; `hang` gives no answer at all.
   * Left out where nothing of that kind can happen, such as for a file.
   */
  readonly treat?: (decide: () => Treatment) => void
  /** Ends the destination. */
  close(): Promise<void>
}

/** How the contract of exporters is tested with one of them. */
export interface ExporterContract extends Pick<ComponentContract, 'extensions'> {
  /** Opens a new destination. */
  open(): Promise<Destination>
  /** Spans arrive at the destination as they were given, byte for byte. Default true. */
  readonly exact?: boolean
}

/** How the contract of extensions is tested with one of them. */
export interface ExtensionContract<C extends Extension = Extension> extends ComponentContract {
  /** Uses the running extension, so that what it opens on demand is open when it is shut down. */
  use?(extension: C): Promise<unknown>
}

/** A processor, connector or exporter: something that takes spans. */
export type Stage = Component & TracesConsumer
