import type { Component } from '../../component/component.ts'
import { testHost } from '../create.ts'
import type { TestTelemetry } from '../telemetry.ts'
import type { TestedFactory } from './check.ts'
import type { ComponentContract } from './contracts.ts'
import { demand, inWords } from './demand.ts'
import { create, type Living } from './life.ts'
import { chosenKey, secretPaths, withSetting } from './schema-walk.ts'
import { patienceMs, settlesWithin, soon } from './waiting.ts'

const canary = 'c4n4ry-do-not-tell'

/**
 * No secret of the settings shows in a log, a status or an error (CFG-90). Each secret setting is given
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
    const { telemetry, errors } = await live(
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
  }
}

/** One whole life of the component; everything that goes wrong is collected. */
async function live<C extends Component>(
  factory: TestedFactory<C>,
  contract: ComponentContract,
  config: ComponentContract['config'],
  use: (living: Living<C>) => Promise<unknown>,
): Promise<{ telemetry: TestTelemetry | undefined; errors: readonly unknown[] }> {
  const errors: unknown[] = []
  const collect = (error: unknown): void => void errors.push(error)
  try {
    const living = create(factory, contract, { config })
    const { component, telemetry } = living
    try {
      await component.start(testHost(contract.extensions))
      const used = use(living).catch(collect)
      await settlesWithin(used, patienceMs)
    } catch (error) {
      collect(error)
    }
    await settlesWithin(component.shutdown(soon()).catch(collect), patienceMs)
    return { telemetry, errors }
  } catch (error) {
    collect(error)
    return { telemetry: undefined, errors }
  }
}

/** Whether the canary shows anywhere in what a logger could print of `value`. */
function tells(value: unknown, depth = 6): boolean {
  if (typeof value === 'string') return value.includes(canary)
  if (value instanceof Uint8Array) return Buffer.from(value).includes(canary)
  if (typeof value !== 'object' || value === null || depth === 0) return false
  if (value instanceof Map || value instanceof Set) return [...value].some((entry) => tells(entry, depth - 1))
  // The stack and the message of an error are not enumerable, yet every logger prints them.
  const keys = value instanceof Error ? Reflect.ownKeys(value) : Object.keys(value)
  return keys.some((key) => tells(Reflect.get(value, key), depth - 1))
}

const hide = (text: string): string => text.replaceAll(canary, '[canary]').replaceAll(chosenKey, '*')
