import type { ExporterFactory } from '../../component/define.ts'
import type { Span } from '../../traces/span.ts'
import type { Traces } from '../../traces/traces.ts'
import type {
  ComponentContract,
  Destination,
  ExporterContract,
  Settings,
  Stage,
  Treatment,
} from './contracts.ts'
import { demand } from './demand.ts'
import { letPass, type Living, withRunning } from './life.ts'
import { seededRandom } from './random.ts'
import { sameKeys, spanKey, spansOf } from './span-key.ts'
import { eventually } from './waiting.ts'

/** A destination that can be told how to treat requests. */
export type MoodyDestination = Destination & Required<Pick<Destination, 'treat'>>

/** How an exporter is run: as its settings say, or without queue and retry, so that its caller sees what happens. */
export type Mode = 'as configured' | 'directly'

/** Opens a destination for `work` and closes it, whatever `work` does. */
export async function withDestination<Result>(
  contract: ExporterContract,
  work: (destination: Destination, settings: ComponentContract) => Promise<Result>,
): Promise<Result> {
  const destination = await contract.open()
  const { extensions } = contract
  try {
    return await work(destination, {
      config: destination.config,
      ...(extensions === undefined ? {} : { extensions }),
    })
  } finally {
    await destination.close()
  }
}

/** Runs an exporter that sends to a new destination. */
export function withExporter<Result>(
  factory: ExporterFactory,
  contract: ExporterContract,
  mode: Mode,
  work: (living: Living<Stage>, destination: Destination) => Promise<Result>,
): Promise<Result> {
  return withDestination(contract, (destination, settings) => {
    const config = mode === 'directly' ? withoutLayers(factory, settings.config) : settings.config
    return withRunning(factory, settings, { config }, (living) => work(living, destination))
  })
}

/** The destination, if it can be told how to treat requests; such checks do not apply to others. */
export function moody(destination: Destination): MoodyDestination {
  const { treat } = destination
  demand(treat !== undefined, 'The destination of the contract has no `treat`.')
  return { ...destination, treat }
}

/** The settings without queue and retry, so that the caller sees the outcome of one attempt. */
export function withoutLayers(factory: ExporterFactory, config: Settings): Settings {
  const layers = ['sending_queue', 'retry_on_failure'].filter((name) => name in factory.schema.properties)
  return { ...config, ...Object.fromEntries(layers.map((name) => [name, { enabled: false }])) }
}

/**
 * Notes the spans of `sent` as they are now, before an exporter has them, and returns what waits until exactly these
 * have arrived.
 */
export function arrivalOf(
  sent: readonly Traces[],
  { exact = true }: ExporterContract,
  destination: Destination,
  { clock }: Living<Stage>,
): () => Promise<void> {
  const keyOf = exact ? spanKey : ({ traceId, spanId }: Span): string => `${traceId} ${spanId}`
  const wanted = spansOf(sent).map(keyOf)
  return () =>
    eventually(
      async () => sameKeys(wanted, (await destination.spans()).map(keyOf)),
      'The destination did not get exactly the spans that the exporter took.',
      { between: () => letPass(clock) },
    )
}

/** Treats requests at random: `busy` and `refuse` are shares of all of them. */
export function atRandom(seed: number, busy: number, refuse: number): () => Treatment {
  const random = seededRandom(seed)
  return () => {
    const luck = random()
    if (luck < busy) return 'busy'
    return luck < busy + refuse ? 'refuse' : 'take'
  }
}
