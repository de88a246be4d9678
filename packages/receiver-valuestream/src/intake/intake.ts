import {
  accepted,
  type Clock,
  type ComponentTelemetry,
  isPermanent,
  LogThrottle,
  nothing,
  PermanentError,
  type SourceAnswer,
  type SourceHandler,
  type SourceRequest,
  type Traces,
  TracesBuilder,
  type TracesConsumer,
} from '@spanloom/core'

import { PayloadError, type Translation } from '../model/translation.ts'
import type { Translations } from '../translate.ts'
import type { DeliveryKey } from './delivery-key.ts'
import type { IntakeMetrics } from './intake-metrics.ts'
import type { RecentKeys } from './recent-keys.ts'
import type { ServedSource } from './sources.ts'

/** What the intake of a receiver needs. */
export interface IntakeOptions {
  readonly translations: Translations
  readonly next: TracesConsumer
  readonly recent: RecentKeys
  readonly metrics: IntakeMetrics
  readonly telemetry: ComponentTelemetry
  readonly clock: Clock
}

/**
 * Makes the handler of one source: checks who sends, translates, hands the fragments on and answers when the pipeline
 * has them (`valuestream.md` chapter 2).
 */
export function createIntake(served: ServedSource, options: IntakeOptions): SourceHandler {
  const { next, recent, metrics, telemetry } = options
  const { source } = served
  const faults = new LogThrottle(options.clock)

  return async (request) => {
    authenticate(request)
    const key = served.keyOf(request)
    if (key !== undefined && recent.has(key.text, key.windowed)) return ignored('duplicate')
    const read = translated(request)
    if ('status' in read) return read
    const { translation, traces } = read
    if (translation.ignored !== undefined) return ignored(translation.ignored)
    await handOn(traces, translation, request, key)
    return accepted()
  }

  function authenticate(request: SourceRequest): void {
    try {
      served.authenticate(request)
    } catch (error) {
      metrics.delivery(source, 'unauthenticated')
      throw error
    }
  }

  function ignored(reason: NonNullable<Translation['ignored']>): SourceAnswer {
    metrics.delivery(source, reason)
    return nothing(reason)
  }

  /** What the delivery says, or the answer to one that says nothing we understand. */
  function translated(request: SourceRequest): Read | Refusal {
    try {
      const payload = served.parse(request)
      if (!isEvent(payload, served.lists)) throw new PayloadError('', 'The body is not a JSON object.')
      const translation = options.translations[source](
        { name: headerOf(request, served.eventHeader), payload },
        { arrivalTime: BigInt(Math.round(options.clock.now())) * 1_000_000n },
      )
      return { translation, traces: tracesOf(translation) }
    } catch (error) {
      telemetry.accounting.failed?.(0, 'http')
      return isPermanent(error) ? invalid(error) : fault(error, request)
    }
  }

  function invalid(error: unknown): Refusal {
    metrics.delivery(source, 'invalid')
    const { message, code } =
      error instanceof PermanentError ? error : { message: 'The body is invalid.', code: '' }
    const field = error instanceof PayloadError && error.field !== '' ? { field: error.field } : {}
    return { status: 400, json: { error: message, code, ...field } }
  }

  /** A fault of ours: the same delivery would fail again, so that the sender is not asked for it. */
  function fault(error: unknown, request: SourceRequest): Refusal {
    metrics.delivery(source, 'fault')
    const delivery = headerOf(request, served.idHeader).slice(0, 100)
    faults.run(1, (suppressed) =>
      telemetry.logger.error('A delivery could not be translated.', {
        error,
        source,
        delivery,
        ...suppressed,
      }),
    )
    return { status: 500, json: { error: 'The delivery could not be translated.', code: 'INTERNAL_ERROR' } }
  }

  async function handOn(
    traces: Traces,
    { milestones }: Translation,
    request: SourceRequest,
    key: DeliveryKey | undefined,
  ): Promise<void> {
    try {
      await next.consumeTraces(traces, request.context)
    } catch (error) {
      metrics.delivery(source, 'refused')
      throw error
    }
    // Only now: a delivery that was refused must come again.
    if (key !== undefined) recent.add(key.text)
    metrics.delivery(source, 'accepted')
    metrics.milestones(milestones)
  }
}

interface Read {
  readonly translation: Translation
  readonly traces: Traces
}

interface Refusal extends SourceAnswer {
  readonly status: number
}

/** The fragments as a batch. */
export function tracesOf({ fragments }: Pick<Translation, 'fragments'>): Traces {
  const builder = new TracesBuilder()
  for (const fragment of fragments) builder.add(fragment)
  return builder.build()
}

function isEvent(payload: unknown, lists: boolean): boolean {
  return typeof payload === 'object' && payload !== null && (lists || !Array.isArray(payload))
}

function headerOf({ headers }: SourceRequest, name: string | undefined): string {
  const value = name === undefined ? undefined : headers[name]
  return typeof value === 'string' ? value : ''
}
