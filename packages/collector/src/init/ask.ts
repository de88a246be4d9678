import { cancel, confirm, intro, multiselect, select } from '@clack/prompts'
import { SpanloomError } from '@spanloom/core'

import type { Terminal } from '../cli-context.ts'
import { type DestinationName, destinationNames, destinations } from './destinations.ts'
import type { Choice } from './pipeline-text.ts'
import { type SourceName, sourceNames, sources } from './sources.ts'

/** What the flags said already. */
export type Given = Partial<Omit<Choice, 'schema'>>

/**
 * Asks for what the flags left open.
 *
 * @throws SpanloomError when the user gives up.
 */
export async function ask(given: Given, terminal: Terminal): Promise<Omit<Choice, 'schema'>> {
  intro('A pipeline: where spans come from, and where they go', terminal)
  const from =
    given.from ??
    answered(
      await multiselect<SourceName>({
        ...terminal,
        message: 'Where do spans and events come from? (space chooses, enter goes on)',
        options: sourceNames.map((value) => ({
          value,
          label: sources[value].label,
          hint: sources[value].hint,
        })),
        required: true,
      }),
      terminal,
    )
  const to =
    given.to ??
    answered(
      await select<DestinationName>({
        ...terminal,
        message: 'Where do they go?',
        options: destinationNames.map((value) => ({
          value,
          label: destinations[value].label,
          hint: destinations[value].hint,
        })),
      }),
      terminal,
    )
  const yes = async (value: boolean | undefined, message: string, initialValue: boolean): Promise<boolean> =>
    value ?? answered(await confirm({ ...terminal, message, initialValue }), terminal)
  return {
    from,
    to,
    durable: await yes(
      given.durable,
      'Keep open spans and what waits on disk, so that a crash loses nothing?',
      true,
    ),
    health: await yes(given.health, 'Answer health checks?', true),
    admin: await yes(given.admin, 'Show in a browser what the collector does?', false),
  }
}

function answered<T>(answer: T, terminal: Terminal): Exclude<T, symbol> {
  if (isAnswer(answer)) return answer
  cancel('Nothing was written.', terminal)
  throw new SpanloomError('INIT_CANCELLED', 'cancelled')
}

const isAnswer = <T>(answer: T): answer is Exclude<T, symbol> => typeof answer !== 'symbol'
