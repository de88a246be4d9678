import type { ExporterFactory } from '../../component/define.ts'
import { testHost } from '../create.ts'
import type { ExporterContract, Stage } from './contracts.ts'
import { demand } from './demand.ts'
import { demandNothingEscapes, watchedMs } from './escape-checks.ts'
import { moody, withDestination } from './exporter-run.ts'
import { checkShutsDownTwice } from './life-checks.ts'
import { abandon, create, letPass, type Living, whileTimePasses, withRunning } from './life.ts'
import { demandNothingLeftOpen } from './open-resources.ts'
import { sampleTraces } from './sample-traces.ts'
import { checkKeepsSecrets } from './secret-checks.ts'
import { checkIsCreatedQuietly, checkNamesUnknownSettings } from './settings-checks.ts'
import { demandTimelyShutdown } from './shutdown-deadline.ts'
import { eventually, patienceMs, settlesWithin } from './waiting.ts'

const { signal } = new AbortController()

/** Unknown settings are named. */
export function checkExporterNamesUnknownSettings(
  factory: ExporterFactory,
  contract: ExporterContract,
): Promise<void> {
  return withDestination(contract, (_, settings) => checkNamesUnknownSettings(factory, settings))
}

/** Creating an exporter begins nothing. */
export function checkExporterIsCreatedQuietly(
  factory: ExporterFactory,
  contract: ExporterContract,
): Promise<void> {
  return withDestination(contract, (_, settings) => checkIsCreatedQuietly(factory, settings))
}

/** `shutdown` is safe without a start, and twice. */
export function checkExporterShutsDownTwice(
  factory: ExporterFactory,
  contract: ExporterContract,
): Promise<void> {
  return withDestination(contract, (_, settings) => checkShutsDownTwice(factory, settings))
}

/** An exporter gives up on a destination that does not answer when its shutdown's signal aborts. */
export function checkExporterShutsDownWithOpenRequest(
  factory: ExporterFactory,
  contract: ExporterContract,
): Promise<void> {
  return withDestination(contract, async (destination, settings) => {
    const { component, clock } = create(factory, settings)
    await component.start(testHost(contract.extensions))
    let requests = 0
    moody(destination).treat(() => {
      requests++
      return 'hang'
    })
    const calls = Promise.allSettled(
      sampleTraces().map((traces) => component.consumeTraces(traces, { signal })),
    )
    try {
      await eventually(() => requests > 0, 'No request reaches the destination.', {
        between: () => letPass(clock),
      })
      await demandTimelyShutdown(component)
      demand(await settlesWithin(calls, patienceMs), 'The sender gets no answer after the shutdown.')
    } finally {
      await abandon(component)
    }
  })
}

/** After its shutdown an exporter has no file, socket or timer any more. */
export function checkExporterLeavesNothingOpen(
  factory: ExporterFactory,
  contract: ExporterContract,
): Promise<void> {
  return demandNothingLeftOpen(() =>
    withDestination(contract, async (_, settings) => {
      const { clock } = await withRunning(factory, settings, {}, async (living) => {
        await sendSample(living)
        return living
      })
      demand(clock.pending === 0, 'The exporter left a timer behind after its shutdown.')
    }),
  )
}

/** No secret of an exporter's settings is told, whatever the destination says. */
export function checkExporterKeepsSecrets(
  factory: ExporterFactory,
  contract: ExporterContract,
): Promise<void> {
  return withDestination(contract, async (destination, settings) => {
    for (const treatment of ['take', 'refuse', 'busy'] as const) {
      if (destination.treat === undefined && treatment !== 'take') continue
      destination.treat?.(() => treatment)
      await checkKeepsSecrets(factory, settings, sendSample)
    }
  })
}

/** Whatever the destination says, no error of an exporter reaches nobody. */
export function checkExporterCatchesItsErrors(
  factory: ExporterFactory,
  contract: ExporterContract,
): Promise<void> {
  return demandNothingEscapes(() =>
    withDestination(contract, async (destination, settings) => {
      await withRunning(factory, settings, {}, async (living) => {
        for (const treatment of ['take', 'busy', 'refuse', 'take'] as const) {
          destination.treat?.(() => treatment)
          await settlesWithin(sendSample(living), patienceMs)
          await letPass(living.clock)
        }
        await living.clock.advance(watchedMs)
      })
    }),
  )
}

const sendSample = ({ component, clock }: Living<Stage>): Promise<unknown> =>
  whileTimePasses(
    clock,
    Promise.all(sampleTraces().map((traces) => component.consumeTraces(traces, { signal }))),
  )
