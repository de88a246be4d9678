import { isDeepStrictEqual } from 'node:util'

import type { Clock } from '../clock/clock.ts'
import type { ComponentStatus } from '../component/options.ts'
import type { CollectorConfig } from '../config/collector-config.ts'
import { messageOf } from '../errors/errors.ts'
import type { Acceptors } from '../net/acceptors.ts'
import { restartEverything, retireRest } from './full-restart.ts'
import type { Generation } from './generation.ts'
import { logFindings } from './log-findings.ts'
import { PartialReload, type Limit } from './partial-reload.ts'
import { planReload, type ReloadPlan } from './reload-plan.ts'
import { reportFailure, reportSuccess } from './reload-report.ts'
import type { Performed } from './reloads.ts'
import { telemetrySettings } from './telemetry-settings.ts'

/** The collector as a reload sees it. */
export interface Reloadable {
  load(): Promise<CollectorConfig>
  /** Settles when the collector has started; `undefined` before anybody has started it. */
  readonly started: Promise<void> | undefined
  current(): Generation
  /** @throws StartError or ConfigError naming what cannot be built. */
  create(config: CollectorConfig): Promise<Generation>
  become(generation: Generation): void
  /** Shows the metrics of reloads among those of a new generation. */
  measure(generation: Generation): void
  /** The collector cannot go on. */
  fail(status: ComponentStatus): void
  readonly acceptors: Acceptors
  readonly clock: Clock
  /** Aborts when the collector is to stop: no reload begins any more, and no start is waited for. */
  readonly closing: AbortSignal
  /** Aborts when nobody wants to wait for that any longer. */
  readonly giveUp: AbortSignal
}

const done = Promise.resolve()

/** Nothing went wrong with the configuration, so that nothing is said about it. */
const notRunning: Performed = {
  outcome: {
    outcome: 'failure',
    message: 'The collector is not running.',
    issues: [{ path: '', code: 'NOT_RUNNING', message: 'The collector is not running.' }],
  },
  rest: done,
}

/** Reads the configuration again and goes over to it, or tells why not. Never rejects. */
export async function performReload(collector: Reloadable): Promise<Performed> {
  try {
    await collector.started
    if (collector.started === undefined || collector.closing.aborted) return notRunning
    const config = await collector.load()
    const generation = collector.current()
    const plan = planReload(generation.parts, config)
    if (plan.everything) return await restart(collector, config, plan)
    return await change(collector, config, plan)
  } catch (error) {
    return failed(collector, error)
  }
}

async function change(collector: Reloadable, config: CollectorConfig, plan: ReloadPlan): Promise<Performed> {
  const generation = collector.current()
  const { telemetry } = generation.around
  const before = generation.parts.config
  const limit = limitOf(collector, before)
  const reload = new PartialReload(generation, plan, config, limit)
  if (plan.logs) telemetry.changeLogs(telemetrySettings(config.service.telemetry).logs)
  try {
    await reload.apply(collector.closing)
  } catch (error) {
    if (plan.logs) telemetry.changeLogs(telemetrySettings(before.service.telemetry).logs)
    throw error
  }
  logFindings(config, telemetry.logger)
  const changed = !isDeepStrictEqual(before.service.raw, config.service.raw) || isBusy(plan)
  const outcome = reportSuccess(plan, changed, telemetry.logger)
  return { outcome, rest: reload.retire() }
}

async function restart(collector: Reloadable, config: CollectorConfig, plan: ReloadPlan): Promise<Performed> {
  const old = collector.current()
  const before = old.parts.config
  const limit = limitOf(collector, before)
  const fresh = await collector.create(config)
  old.around.telemetry.logger.warn('Config updated, restart service')
  const { acceptors, closing: signal } = collector
  const again = (): Promise<Generation> => collector.create(before)
  const restarted = await restartEverything({ old, fresh, again, acceptors, limit, signal })
  const { generation, failure, disaster } = restarted
  collector.become(generation)
  collector.measure(generation)
  const rest = retireRest(old, limit)
  if (failure === undefined) {
    logFindings(config, generation.around.telemetry.logger)
    return { outcome: reportSuccess(plan, true, generation.around.telemetry.logger), rest }
  }
  if (disaster !== undefined) {
    const error = new Error(`The old configuration did not start again: ${messageOf(disaster)}`)
    const status = { kind: 'FatalError', error, at: collector.clock.now() } as const
    collector.fail({ kind: 'extension', id: 'service', pipelines: [], status })
  }
  return { outcome: failed(collector, failure).outcome, rest }
}

function failed(collector: Reloadable, error: unknown): Performed {
  return { outcome: reportFailure(error, collector.current().around.telemetry.logger), rest: done }
}

/** Gives each step of a reload as long as a shutdown has, and no time once the shutdown itself has none. */
function limitOf({ clock, giveUp }: Reloadable, { service }: CollectorConfig): Limit {
  return async (work) => {
    // A signal of its own for each step: `AbortSignal.any` would live as long as somebody listens to it.
    const over = new AbortController()
    const end = (): void => over.abort()
    const { shutdownTimeoutMs } = service
    const timer = shutdownTimeoutMs > 0 ? clock.schedule(shutdownTimeoutMs, end) : undefined
    if (giveUp.aborted) end()
    giveUp.addEventListener('abort', end)
    try {
      return await work(over.signal)
    } finally {
      timer?.cancel()
      giveUp.removeEventListener('abort', end)
    }
  }
}

function isBusy({ logs, extensions, nodes }: ReloadPlan): boolean {
  const changes = [extensions, nodes].flatMap(({ replaced, added, removed }) => [replaced, added, removed])
  return logs || changes.some((names) => names.size > 0)
}
