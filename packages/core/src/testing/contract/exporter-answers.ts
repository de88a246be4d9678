import type { ExporterFactory } from '../../component/define.ts'
import { isPermanent } from '../../errors/errors.ts'
import { Traces } from '../../traces/traces.ts'
import type { ExporterContract, Stage, Treatment } from './contracts.ts'
import { demand, inWords } from './demand.ts'
import { arrivalOf, atRandom, moody, withExporter } from './exporter-run.ts'
import { letPass, type Living, whileTimePasses } from './life.ts'
import { sampleTraces } from './sample-traces.ts'
import { demandTimelyShutdown } from './shutdown-deadline.ts'
import { bytesOf } from './span-key.ts'
import { countOf, demandBalance } from './stage-run.ts'
import { quietMs, settlesWithin } from './waiting.ts'

const senders = 4
const seeds = [1, 2, 3]
const mostAttempts = 100
const { signal } = new AbortController()

/** What an exporter takes arrives, once. */
export function checkDelivers(factory: ExporterFactory, contract: ExporterContract): Promise<void> {
  return withExporter(factory, contract, 'as configured', async (living, destination) => {
    const input = sampleTraces()
    const arrived = arrivalOf(input, contract, destination, living)
    await consumeAll(living, input)
    await arrived()
  })
}

/** Traces are shared with other branches of the pipeline: an exporter never writes into them (CMP-08). */
export async function checkExporterKeepsInput(
  factory: ExporterFactory,
  contract: ExporterContract,
): Promise<void> {
  const input = sampleTraces()
  const before = input.map(bytesOf)
  await withExporter(factory, contract, 'as configured', (living) => consumeAll(living, input))
  for (const [index, traces] of input.entries())
    demand(before[index]?.equals(bytesOf(traces)) === true, 'The exporter changed the bytes of its input.')
}

async function consumeAll({ component, clock }: Living<Stage>, input: readonly Traces[]): Promise<void> {
  await whileTimePasses(
    clock,
    Promise.all(input.map((traces) => component.consumeTraces(traces, { signal }))),
  )
}

/** For a batch without spans nothing is sent (CMP-06). */
export function checkSendsNothingForEmptyBatches(
  factory: ExporterFactory,
  contract: ExporterContract,
): Promise<void> {
  return withExporter(factory, contract, 'as configured', async ({ component, clock }, destination) => {
    let requests = 0
    destination.treat?.(() => {
      requests++
      return 'take'
    })
    await component.consumeTraces(Traces.empty, { signal })
    await letPass(clock)
    await letPass(clock)
    demand(requests === 0, 'The exporter sends a request for an empty batch.')
    demand((await destination.spans()).length === 0, 'The exporter sends spans for an empty batch.')
  })
}

/** Without a queue an exporter waits for the destination and says what it said (EXP-07). */
export function checkTellsWhatDestinationSaid(
  factory: ExporterFactory,
  contract: ExporterContract,
): Promise<void> {
  return withExporter(factory, contract, 'directly', async ({ component }, destination) => {
    const { treat } = moody(destination)
    const [traces = Traces.empty] = sampleTraces(1)

    treat(() => 'busy')
    const busy = await outcomeOf(component, traces)
    demand(busy !== undefined, 'The exporter took data that the destination was too busy for.')
    demand(!isPermanent(busy), `The destination was only busy, but the exporter says: ${inWords(busy)}`)

    treat(() => 'refuse')
    const refused = await outcomeOf(component, traces)
    demand(refused !== undefined, 'The exporter took data that the destination refused.')
    demand(
      isPermanent(refused),
      `The destination refused for good, but the exporter says: ${inWords(refused)}`,
    )

    treat(() => 'take')
    const taken = await outcomeOf(component, traces)
    demand(taken === undefined, `The destination took the data, but the exporter says: ${inWords(taken)}`)

    treat(() => 'hang')
    const hanging = outcomeOf(component, traces)
    demand(
      !(await settlesWithin(hanging, quietMs)),
      'The exporter answered before the destination had taken the data.',
    )
    await demandTimelyShutdown(component)
  })
}

/** One attempt is one attempt: when to try again is decided by `retry_on_failure`, not by the exporter itself. */
export function checkMakesOneAttempt(factory: ExporterFactory, contract: ExporterContract): Promise<void> {
  return withExporter(factory, contract, 'directly', async ({ component, clock }, destination) => {
    const { treat } = moody(destination)
    const [traces = Traces.empty] = sampleTraces(1)
    const requestsWhen = async (treatment: Treatment): Promise<number> => {
      let requests = 0
      treat(() => {
        requests++
        return treatment
      })
      await whileTimePasses(clock, outcomeOf(component, traces))
      return requests
    }
    const needed = await requestsWhen('take')
    const made = await requestsWhen('busy')
    demand(
      made <= needed,
      `The exporter makes ${made} requests to a busy destination for what takes ${needed}.`,
    )
  })
}

/** What the destination was too busy for is sent again, and arrives once. */
export function checkSendsAgain(factory: ExporterFactory, contract: ExporterContract): Promise<void> {
  return withExporter(factory, contract, 'as configured', async (living, destination) => {
    const { treat } = moody(destination)
    let refusals = 2
    treat(() => (refusals-- > 0 ? 'busy' : 'take'))
    const input = sampleTraces()
    const arrived = arrivalOf(input, contract, destination, living)
    const calls = input.map((traces) => living.component.consumeTraces(traces, { signal }))
    await arrived()
    await Promise.all(calls)
  })
}

/** Four senders, and a destination that is busy at random: what was taken has arrived. */
export async function checkExporterLosesNothing(
  factory: ExporterFactory,
  contract: ExporterContract,
): Promise<void> {
  for (const seed of seeds) {
    await withExporter(factory, contract, 'directly', async (living, destination) => {
      moody(destination).treat(atRandom(seed, 0.4, 0))
      const input = sampleTraces(12)
      const arrived = arrivalOf(input, contract, destination, living)
      const queue = input.values()
      await Promise.all(
        Array.from({ length: senders }, async () => {
          for (const traces of queue) await untilTaken(living.component, traces)
        }),
      )
      await arrived()
    })
  }
}

async function untilTaken(component: Stage, traces: Traces): Promise<void> {
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const error = await outcomeOf(component, traces)
    if (error === undefined) return
    demand(!isPermanent(error), `The destination was only busy, but the exporter says: ${inWords(error)}`)
  }
  demand(false, `A sender was asked to try again ${mostAttempts} times.`)
}

/** What an exporter took has arrived or was counted as dropped, also when it is shut down in between (TEL-10). */
export async function checkExporterAccountsForEverySpan(
  factory: ExporterFactory,
  contract: ExporterContract,
): Promise<void> {
  for (const seed of seeds) {
    await withExporter(factory, contract, 'as configured', async (living, destination) => {
      destination.treat?.(atRandom(seed, 0.2, 0.2))
      const input = sampleTraces(12)
      const outcomes = input.map((traces) => outcomeOf(living.component, traces))
      for (let moments = 0; moments < 20; moments++) await letPass(living.clock)
      await living.component.shutdown(AbortSignal.timeout(5_000))
      const errors = await Promise.all(outcomes)
      const taken = input.filter((_, index) => errors[index] === undefined)
      demand(living.telemetry.heldNow() === 0, 'The exporter still holds spans after its shutdown.')
      demandBalance(countOf(taken), (await destination.spans()).length, living.telemetry)
    })
  }
}

/** What the exporter answered: nothing when it took the spans, else its error. */
function outcomeOf(component: Stage, traces: Traces): Promise<unknown> {
  return component.consumeTraces(traces, { signal }).then(
    () => undefined,
    (error: unknown) => error ?? new Error('Rejected without a reason.'),
  )
}
