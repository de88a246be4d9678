import { sleep, systemClock, type Clock } from '../clock/clock.ts'
import type { ComponentStatus } from '../component/options.ts'
import type { Collector } from './collector.ts'

/** Where signals and crashes come from: the process, or a test's own. */
export interface ProcessEvents {
  on(event: string, listener: (...args: unknown[]) => void): unknown
  off(event: string, listener: (...args: unknown[]) => void): unknown
  readonly platform?: string
}

/** How a collector is run. */
export interface RunOptions {
  readonly collector: Collector
  /** A requested stop when it aborts, as SIGTERM is (CLI-20). */
  readonly stop?: AbortSignal | undefined
  /** Signals and crashes to listen to; absent: none, as a program that embeds a collector wants it. */
  readonly events?: ProcessEvents | undefined
  readonly clock?: Clock | undefined
  /** Called once everything runs. */
  readonly onReady?: (() => void) | undefined
  /** Something beside SIGHUP that asks for reloads, from when everything runs until the returned function is called. */
  readonly watch?: ((reload: () => void) => () => void) | undefined
}

/**
 * Timers of components and listeners for signals let a process end. A collector whose receivers have no
 * socket, such as one that reads files, has to run on all the same until it is told to stop.
 */
const holdMs = 2 ** 31 - 1

/** Why a running collector is to stop. */
type Reason = 'requested' | 'failed'

/**
 * Starts a collector, keeps it running until it is told to stop or a component fails for good, and stops
 * it. Resolves with the exit code: 0 after a requested stop that went well, otherwise 1 (CLI-20 to CLI-25).
 *
 * @throws StartError when it does not start (RUN-03).
 */
export async function run(options: RunOptions): Promise<number> {
  const { collector, stop, events, onReady, watch, clock = systemClock } = options
  const stopping = new Stopping(collector)
  const unlisten = stopping.listen(events, stop)
  const hold = setInterval(() => undefined, holdMs)
  let unwatch: (() => void) | undefined
  try {
    const started = collector.start()
    // A start that hangs must not keep a second signal from ending the process; its outcome is then moot.
    await Promise.race([started, stopping.forced])
    if (!stopping.signal.aborted) {
      unwatch = watch?.(() => void collector.reload())
      onReady?.()
    }
    const reason = await stopping.reason
    unwatch?.()
    const { service } = collector.config
    if (reason === 'requested' && service.shutdownDelayMs > 0) {
      collector.notReady()
      await Promise.race([sleep(clock, service.shutdownDelayMs), stopping.forced])
    }
    const limit =
      service.shutdownTimeoutMs > 0
        ? clock.schedule(service.shutdownTimeoutMs, () =>
            stopping.cutShort('Shutdown limit reached. Giving up.'),
          )
        : undefined
    const { failures, cutShort } = await collector.shutdown(stopping.signal)
    limit?.cancel()
    return reason === 'failed' || stopping.crashed || cutShort || failures.length > 0 ? 1 : 0
  } finally {
    clearInterval(hold)
    unwatch?.()
    unlisten()
  }
}

/** Everything that may end a run, and the signal that makes the stop itself end. */
class Stopping {
  readonly reason: Promise<Reason>
  /** Resolves when nobody wants to wait any longer. */
  readonly forced: Promise<void>
  crashed = false
  readonly #collector: Collector
  readonly #abort = new AbortController()
  readonly #settle: (reason: Reason) => void
  #asked = false

  constructor(collector: Collector) {
    const { promise, resolve } = Promise.withResolvers<Reason>()
    this.reason = promise
    this.#settle = resolve
    this.#collector = collector
    this.forced = new Promise((done) => this.signal.addEventListener('abort', () => done(), { once: true }))
    void this.#endAfter(collector.fatal)
  }

  /** Aborts when the stop has to end. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  cutShort(message: string): void {
    if (this.signal.aborted) return
    this.#collector.logger.error(message)
    this.#abort.abort()
  }

  /** The second request to stop is one not to wait (section 3.3). */
  request(): void {
    if (this.#asked) this.cutShort('Second signal received. Giving up.')
    this.#asked = true
    this.#settle('requested')
  }

  async #endAfter(fatal: Promise<ComponentStatus>): Promise<void> {
    const { kind, id, status } = await fatal
    this.#collector.logger.error('A component failed for good. The collector stops.', {
      'otelcol.component.kind': kind,
      'otelcol.component.id': id,
      error: status.error,
    })
    this.#settle('failed')
  }

  listen(events: ProcessEvents | undefined, stop: AbortSignal | undefined): () => void {
    const collector = this.#collector
    const onStop = (): void => this.request()
    if (stop?.aborted === true) onStop()
    else stop?.addEventListener('abort', onStop, { once: true })
    const onSignal = (signal: unknown): void => {
      collector.logger.info('Received signal from OS', { signal: String(signal) })
      this.request()
    }
    const onReload = (signal: unknown): void => {
      collector.logger.info('Received signal from OS', { signal: String(signal) })
      void collector.reload()
    }
    const onCrash = (error: unknown): void => {
      this.crashed = true
      collector.logger.error('Unexpected failure. The collector stops.', { error })
      this.#settle('failed')
    }
    // Windows raises SIGBREAK for Ctrl-Break and SIGHUP when the console is closed.
    const windows = events?.platform === 'win32'
    const signals = ['SIGINT', 'SIGTERM', ...(windows ? ['SIGBREAK', 'SIGHUP'] : [])]
    const reloads = windows || !collector.reloadable ? [] : ['SIGHUP']
    const crashes = ['uncaughtException', 'unhandledRejection']
    for (const name of signals) events?.on(name, onSignal)
    for (const name of reloads) events?.on(name, onReload)
    for (const name of crashes) events?.on(name, onCrash)
    return () => {
      stop?.removeEventListener('abort', onStop)
      for (const name of signals) events?.off(name, onSignal)
      for (const name of reloads) events?.off(name, onReload)
      for (const name of crashes) events?.off(name, onCrash)
    }
  }
}
