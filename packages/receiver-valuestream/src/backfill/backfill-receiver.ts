import {
  type AssemblyProfile,
  type Component,
  type Logger,
  fetchingReceiver,
  type ReceiverFactory,
  type Traces,
} from '@spanloom/core'

import { translationOptions, type TranslationConfig } from '../intake/config.ts'
import type { Translation } from '../model/translation.ts'
import { profiles } from '../profiles.ts'
import { valuestreamReceiver } from '../receiver.ts'
import { createTranslations, defaultTranslationOptions } from '../translate.ts'
import type { Delivery } from './history.ts'

/** What a back-fill works with inside a pipeline. */
export interface BackfillWork {
  /** The translation that the settings of the receiver ask for. */
  readonly translate: (delivery: Delivery) => Translation
  /** Hands fragments to the pipeline, again and again until it takes them. */
  readonly take: (traces: Traces) => Promise<void>
  readonly logger: Logger
  /** Aborts when the pipeline is to stop. */
  readonly signal: AbortSignal
}

/** Everything of an operation comes together, so that its end need not wait long for an earlier start. */
const startWaitMs = 2_000

/** The same, but what is still open at the end was in history, too: it is left to the webhooks that will come. */
export const backfillProfiles: Readonly<Record<string, AssemblyProfile>> = Object.fromEntries(
  Object.entries(profiles).map(([name, profile]) => [name, { ...profile, startWaitMs, onShutdown: 'drop' }]),
)

/**
 * The receiver `valuestream` with the same settings, but reading history instead of listening.
 *
 * @param workOf what the instance of that id does from its start on; `undefined` for nothing
 */
export function backfillReceiver(
  workOf: (id: string) => ((work: BackfillWork) => Promise<void>) | undefined,
): ReceiverFactory {
  return {
    ...valuestreamReceiver,
    profiles: backfillProfiles,
    transports: () => ['api'],
    create({ id, config, next, telemetry, clock, build }): Component {
      // What the factory's own schema has parsed.
      const settings = translationOptions(
        config as TranslationConfig,
        build.version,
        defaultTranslationOptions,
      )
      const translations = createTranslations(settings)
      const run = workOf(id)
      return fetchingReceiver({ next, telemetry, clock }, async ({ signal, handOver }) =>
        run?.({
          translate: ({ source, event }) =>
            translations[source](event, { arrivalTime: BigInt(clock.now()) * 1_000_000n }),
          take: (traces) => handOver(traces, { transport: 'api' }),
          logger: telemetry.logger,
          signal,
        }),
      )
    },
  }
}
