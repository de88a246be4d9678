import { readFile } from 'node:fs/promises'

import {
  ConfigSource,
  createCollector,
  fetchSource,
  run,
  systemClock,
  watchTap,
  type BuildInfo,
  type Clock,
  type Collector,
  type CollectorConfig,
  type ReloadOutcome,
  type OutputStreams,
  type ProcessEvents,
  type Registry,
  type TapEvent,
  type TapTarget,
  type WatchOptions,
} from '@spanloom/core'

import { buildInfo } from './build-info.ts'
import { pluginFinder } from './plugins/lazy-finder.ts'
import { defaultRegistry } from './registry.ts'

/** How a program runs a collector inside itself. */
export interface RunCollectorOptions {
  /** A source such as a path or `yaml:…` (CFG-41), several of them, or the configuration itself as data. */
  readonly config: string | readonly string[] | Readonly<Record<string, unknown>>
  /** Values such as `receivers.otlp.protocols.http.endpoint=localhost:0` (CFG-44). */
  readonly set?: readonly string[]
  /** What needs no plugin. Default: the components of the `spanloom` command. */
  readonly registry?: Registry
  readonly build?: BuildInfo
  /** Variables for `${env:NAME}`. Default: those of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly clock?: Clock
  /** Where logs go. Default: those of the process. */
  readonly streams?: OutputStreams
  /** Stops the collector when it aborts. */
  readonly signal?: AbortSignal
  /** Where SIGTERM and crashes are listened to; pass `process` to have them handled. Default: nowhere. */
  readonly events?: ProcessEvents
}

/** A collector that runs. */
export interface CollectorHandle extends AsyncDisposable {
  readonly collector: Collector
  /** Resolves with the exit code that the command would have when the collector has stopped, why ever. */
  readonly finished: Promise<number>
  /** Reads the configuration again from the same sources and goes over to it, or tells why not. Never rejects. */
  reload(): Promise<ReloadOutcome>
  /**
   * Watches the spans that pass a boundary, such as `{ at: 'receivers/otlp' }`, until the loop over them ends or the
   * collector stops. Whoever is slow misses spans and is told how many; the pipeline never waits.
   *
   * @throws SpanloomError `BOUNDARY_UNKNOWN`
   *
   * @example
   * for await (const event of handle.tap({ at: 'processors/batch' }, { limit: 10 }))
   *   if (event.kind === 'traces') console.log(event.traces.spanCount)
   */
  tap(target: TapTarget, options?: Omit<WatchOptions, 'clock'>): AsyncGenerator<TapEvent, void, undefined>
  /** Stops the collector and resolves as `finished` does. */
  stop(): Promise<number>
}

/**
 * Loads a configuration, builds the collector and starts it. Resolves when everything is ready.
 *
 * @throws ConfigError with all faults of the configuration, or StartError naming what does not start.
 *
 * @example
 * await using handle = await runCollector({ config: 'pipeline.yaml' })
 */
export async function runCollector(options: RunCollectorOptions): Promise<CollectorHandle> {
  const {
    set = [],
    registry = defaultRegistry,
    build = buildInfo,
    env = process.env,
    clock,
    streams,
    events,
  } = options
  const source = new ConfigSource({
    sources: sourcesOf(options.config),
    sets: set,
    registry,
    plugins: pluginFinder,
    env,
    readFile: (path) => readFile(path),
    fetch: fetchSource,
  })
  const config = await source.load()
  const load = (): Promise<CollectorConfig> => source.load()
  const collector = await createCollector({ config, build, clock, streams, load })
  const stopping = new AbortController()
  const stop =
    options.signal === undefined ? stopping.signal : AbortSignal.any([stopping.signal, options.signal])
  const ready = Promise.withResolvers<void>()
  const finished = run({ collector, stop, events, clock, onReady: ready.resolve })
  await Promise.race([ready.promise, finished])
  const end = (): Promise<number> => {
    stopping.abort()
    return finished
  }
  return {
    collector,
    finished,
    reload: () => collector.reload(),
    tap: (target, watching = {}) =>
      watchTap(collector.view.tap(target), { clock: clock ?? systemClock, ...watching }),
    stop: end,
    [Symbol.asyncDispose]: async () => void (await end()),
  }
}

/** Data is handed over as JSON, which is YAML. */
function sourcesOf(config: RunCollectorOptions['config']): readonly string[] {
  if (typeof config === 'string') return [config]
  return isList(config) ? config : [`yaml:${JSON.stringify(config)}`]
}

function isList(value: readonly string[] | object): value is readonly string[] {
  return Array.isArray(value)
}
