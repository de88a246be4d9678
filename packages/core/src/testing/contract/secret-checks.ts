import type { Component } from '../../component/component.ts'
import { testHost } from '../create.ts'
import type { TestTelemetry } from '../telemetry.ts'
import { TracesSink } from '../traces-sink.ts'
import type { TestedFactory } from './check.ts'
import type { ComponentContract } from './contracts.ts'
import { demand, inWords } from './demand.ts'
import { create, type Living } from './life.ts'
import { chosenKey, secretPaths, withSetting } from './schema-walk.ts'
import { patienceMs, settlesWithin, soon } from './waiting.ts'
import { watchingOutput } from './watched-output.ts'

const canary = 'c4n4ry-do-not-tell'

/** The canary as it is, and within base64 text, where it looks different in each of three positions. */
const forms: readonly string[] = [
  canary,
  ...[0, 1, 2].map((shift) =>
    Buffer.from(`${'-'.repeat(shift)}${canary}`)
      .toString('base64')
      .slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + canary.length) * 8) / 6)),
  ),
]

/**
 * No secret of the settings shows in a log, a status, an error, a span or on the console (CFG-90). Each secret setting is given
 * a canary in turn; settings that do not go together with it, and a start that fails because of it, are
 * fine as long as the error keeps the secret. `use` makes the component work once it runs.
 */
export async function checkKeepsSecrets<C extends Component>(
  factory: TestedFactory<C>,
  contract: ComponentContract,
  use: (living: Living<C>) => Promise<unknown>,
): Promise<void> {
  for (const path of secretPaths(factory.schema)) {
    const where = path.join('::')
    const { telemetry, errors, sink, printed } = await live(
      factory,
      contract,
      withSetting(contract.config, path, canary),
      use,
    )
    for (const error of errors)
      demand(!tells(error), `An error tells the secret setting ${where}: ${hide(inWords(error))}`)
    for (const { message, fields } of telemetry?.logger.lines ?? [])
      demand(
        !tells(message) && !tells(fields),
        `A log line tells the secret setting ${where}: ${hide(message)}`,
      )
    for (const { kind, error } of telemetry?.statusEvents ?? [])
      demand(!tells(error), `The status ${kind} tells the secret setting ${where}.`)
    demand(!tells(printed), `The component prints the secret setting ${where}.`)
    for (const { name, bytes, resource } of sink.spans)
      demand(!tells(bytes) && !tells(resource.bytes), `The span "${name}" tells the secret setting ${where}.`)
  }
}

/** One whole life of the component; everything that goes wrong is collected. */
async function live<C extends Component>(
  factory: TestedFactory<C>,
  contract: ComponentContract,
  config: ComponentContract['config'],
  use: (living: Living<C>) => Promise<unknown>,
): Promise<Told> {
  const sink = new TracesSink()
  const errors: unknown[] = []
  const printed: string[] = []
  let telemetry: TestTelemetry | undefined
  const collect = (error: unknown): void => void errors.push(error)
  const life = async (): Promise<void> => {
    const living = create(factory, contract, { config, next: sink })
    const { component } = living
    telemetry = living.telemetry
    try {
      await component.start(testHost(contract.extensions))
      const used = use(living).catch(collect)
      await settlesWithin(used, patienceMs)
    } catch (error) {
      collect(error)
    }
    await settlesWithin(component.shutdown(soon()).catch(collect), patienceMs)
  }
  await watchingOutput((text) => void printed.push(text), life).catch(collect)
  return { telemetry, errors, sink, printed: printed.join('') }
}

/** Everything that a component tells in its life. */
interface Told {
  /** None when it could not be created. */
  readonly telemetry: TestTelemetry | undefined
  readonly errors: readonly unknown[]
  readonly sink: TracesSink
  readonly printed: string
}

/** Whether the canary shows anywhere in what a logger could print of `value`. */
function tells(value: unknown, depth = 6): boolean {
  if (typeof value === 'string') return forms.some((form) => value.includes(form))
  if (value instanceof Uint8Array) return tells(Buffer.from(value).toString('latin1'))
  if (typeof value !== 'object' || value === null || depth === 0) return false
  if (value instanceof Map || value instanceof Set) return [...value].some((entry) => tells(entry, depth - 1))
  // The stack and the message of an error are not enumerable, yet every logger prints them.
  const keys = value instanceof Error ? Reflect.ownKeys(value) : Object.keys(value)
  return keys.some((key) => tells(Reflect.get(value, key), depth - 1))
}

const hide = (text: string): string =>
  forms.reduce((hidden, form) => hidden.replaceAll(form, '[canary]'), text).replaceAll(chosenKey, '*')
