import type { Clock } from '../clock/clock.ts'
import type { Host } from '../component/component.ts'
import type { Extension } from '../component/extension.ts'
import type { CollectorView } from '../component/options.ts'
import { StartError } from '../errors/errors.ts'
import { createError } from '../pipeline/build.ts'
import { configuredComponent } from './config-views.ts'
import { instanceTelemetry } from './instance-telemetry.ts'
import { startOne, stopOne, type Living, type StopFailure } from './lifecycle.ts'
import type { Surroundings } from './pipeline-set.ts'

interface Running {
  readonly extension: Extension
  readonly living: Living
}

/** The extensions that `service.extensions` lists. */
export class ExtensionSet implements Host {
  /** In the order of starting. */
  readonly #running: ReadonlyMap<string, Running>
  readonly #clock: Clock

  /** @throws StartError naming the extension that could not be created or that misses another one. */
  constructor(around: Surroundings, view: CollectorView) {
    this.#clock = around.clock
    const created = around.config.service.extensions.map((id) => [id, create(id, around, view)] as const)
    this.#running = inStartOrder(new Map(created))
  }

  extension(id: string): Extension | undefined {
    return this.#running.get(id)?.extension
  }

  /** @throws StartError of the first extension that cannot start. */
  async start(): Promise<void> {
    for (const { living } of this.#running.values()) await startOne(living, this)
  }

  /** Stops what was started, in reverse order. */
  async stop(signal: AbortSignal): Promise<readonly StopFailure[]> {
    const failures: StopFailure[] = []
    for (const { living } of [...this.#running.values()].toReversed()) {
      if (living.status.current.kind !== 'None')
        failures.push(...(await stopOne(living, signal, this.#clock)))
    }
    return failures
  }

  /** Tells all extensions whether the pipelines run. */
  tell(what: 'ready' | 'notReady'): void {
    for (const { extension, living } of this.#running.values()) {
      try {
        extension[what]?.()
      } catch (error) {
        living.logger.error('The extension failed to take note of the state of the pipelines.', { error })
      }
    }
  }
}

function create(
  id: string,
  { config, build, clock, telemetry, statuses }: Surroundings,
  collector: CollectorView,
): Running {
  const { factory, config: settings } = configuredComponent(config, 'extension', id)
  const owner = { kind: 'extension', id, pipelines: [] } as const
  const status = statuses.open(owner)
  const own = instanceTelemetry(owner, telemetry, status)
  try {
    if (factory.kind !== 'extension') throw new TypeError('It is no extension.')
    const extension = factory.create({ id, config: settings, clock, build, collector, telemetry: own })
    return { extension, living: { kind: 'extension', id, component: extension, status, logger: own.logger } }
  } catch (error) {
    throw createError('extension', id, error)
  }
}

/** As listed, but dependencies first (RUN-01). */
function inStartOrder(listed: ReadonlyMap<string, Running>): ReadonlyMap<string, Running> {
  const order = new Map<string, Running>()
  const visit = (id: string, path: readonly string[]): void => {
    if (order.has(id)) return
    if (path.includes(id)) {
      throw new StartError('EXTENSION_CYCLE', `extensions need each other: ${[...path, id].join(' -> ')}`)
    }
    const running = listed.get(id)
    if (running === undefined) {
      throw new StartError(
        'EXTENSION_MISSING',
        `extension "${path.at(-1) ?? ''}" needs extension "${id}", which is not running`,
        { hint: 'List it in service::extensions.' },
      )
    }
    for (const dependency of running.extension.dependencies ?? []) visit(dependency, [...path, id])
    order.set(id, running)
  }
  for (const id of listed.keys()) visit(id, [])
  return order
}
