import type { Clock } from '../clock/clock.ts'
import type { ComponentStatus } from '../component/options.ts'
import { messageOf } from '../errors/errors.ts'
import type { AccountOwner } from '../telemetry/accounting.ts'
import type { Logger } from '../telemetry/logger.ts'
import { statusChange } from '../telemetry/status-machine.ts'
import type { StatusEvent, StatusKind, StatusReporter } from '../telemetry/status.ts'

/** The status of one instance: read by extensions, written by the service and by the component. */
export interface StatusEntry {
  readonly owner: AccountOwner
  readonly current: StatusEvent
  /** Lists the instance, which until then only its own service sees. */
  show(): void
  /** The instance belongs to these pipelines from now on. */
  movedTo(pipelines: readonly string[]): void
  /** What the service says around start and stop. */
  set(kind: StatusKind, error?: unknown): void
  /** What the component may say in between. */
  readonly reporter: StatusReporter
}

/** The status of every instance of a collector (section 5). */
export class StatusBook {
  readonly #clock: Clock
  readonly #logger: () => Logger
  readonly #entries = new Set<StatusEntry>()
  readonly #listeners = new Set<(status: ComponentStatus) => void>()
  readonly #onFatal: (status: ComponentStatus) => void

  /** `onFatal` is called for every FatalError (STA-03). */
  constructor(clock: Clock, logger: () => Logger, onFatal: (status: ComponentStatus) => void) {
    this.#clock = clock
    this.#logger = logger
    this.#onFatal = onFatal
  }

  /** Opens an entry with status None that is not listed before `show`. */
  open(initial: AccountOwner): StatusEntry {
    let owner = initial
    let current: StatusEvent = { kind: 'None', at: this.#clock.now() }
    const set = (kind: StatusKind, cause?: unknown): void => {
      const change = statusChange(current.kind, kind)
      if (change === 'invalid') {
        this.#logger().debug('Status report ignored.', {
          'otelcol.component.id': owner.id,
          from: current.kind,
          to: kind,
        })
      }
      if (change !== 'event') return
      const error = cause === undefined ? undefined : toError(cause)
      const at = kind === current.kind ? current.at : this.#clock.now()
      current = { kind, at, ...(error === undefined ? {} : { error }) }
      if (this.#entries.has(entry)) this.#publish(owner, current)
    }
    const entry: StatusEntry = {
      get owner() {
        return owner
      },
      show: () => {
        if (this.#entries.has(entry)) return
        this.#entries.add(entry)
        if (current.kind !== 'None') this.#publish(owner, current)
      },
      movedTo(pipelines) {
        owner = { ...owner, pipelines }
      },
      get current() {
        return current
      },
      set,
      reporter: {
        ok: () => set('OK'),
        recoverableError: (error) => set('RecoverableError', error),
        permanentError: (error) => set('PermanentError', error),
        fatalError: (error) => set('FatalError', error),
      },
    }
    return entry
  }

  /** Forgets an instance that is gone. */
  close(entry: StatusEntry): void {
    this.#entries.delete(entry)
  }

  list(): readonly ComponentStatus[] {
    return [...this.#entries].map(({ owner, current }) => toStatus(owner, current))
  }

  listen(listener: (status: ComponentStatus) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #publish(owner: AccountOwner, event: StatusEvent): void {
    const status = toStatus(owner, event)
    for (const listener of this.#listeners) {
      try {
        listener(status)
      } catch (error) {
        this.#logger().error('A listener for status changes failed.', { error })
      }
    }
    if (event.kind === 'FatalError') this.#onFatal(status)
  }
}

function toStatus({ kind, id, pipelines }: AccountOwner, status: StatusEvent): ComponentStatus {
  return { kind, id, pipelines, status }
}

function toError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(messageOf(cause))
}
