import { ConfigError } from '../../errors/config-error.ts'
import { createComponent } from '../create.ts'
import { fakeClock } from '../fake-clock.ts'
import type { TestedFactory } from './check.ts'
import type { ComponentContract } from './contracts.ts'
import { demand, inWords } from './demand.ts'
import { begunBy } from './quiet-creation.ts'
import { objectPaths, withSetting } from './schema-walk.ts'

const unknownKey = 'no_such_setting'

/** An unknown setting, on every level that the settings spell out, is a `ConfigError` that names it (CFG-09). */
export async function checkNamesUnknownSettings(
  factory: TestedFactory,
  { config }: ComponentContract,
): Promise<void> {
  for (const path of objectPaths(factory.schema, config)) {
    const where = [...path, unknownKey].join('::')
    const error = thrownBy(() => createComponent(factory, withSetting(config, [...path, unknownKey], 1)))
    demand(error !== undefined, `The component accepts the unknown setting ${where}.`)
    demand(error instanceof ConfigError, `The unknown setting ${where} leads to ${inWords(error)}.`)
    const issue = error.issues.find(({ code }) => code === 'unknown_key')
    demand(issue !== undefined, `No issue for the unknown setting ${where} has the code unknown_key.`)
    const told = `${issue.path.join('::')} ${issue.message}`
    demand(told.includes(unknownKey), `The issue does not name the unknown setting ${where}: ${told}`)
    for (const key of path)
      demand(
        told.includes(String(key)),
        `The issue for the unknown setting ${where} hides where it is: ${told}`,
      )
  }
}

/** Creating does no I/O, starts no timer and opens nothing; all of that belongs in `start` (CMP-01). */
export async function checkIsCreatedQuietly(
  factory: TestedFactory,
  { config }: ComponentContract,
): Promise<void> {
  const clock = fakeClock()
  const begun = await begunBy(() => void createComponent(factory, config, { clock }))
  demand(begun.length === 0, `Creating the component begins ${begun.join(', ')}; that belongs in start.`)
  demand(clock.pending === 0, 'Creating the component starts a timer; that belongs in start.')
}

function thrownBy(work: () => unknown): unknown {
  try {
    work()
    return undefined
  } catch (error) {
    return error
  }
}
