import type { Readable, Writable } from 'node:stream'

import { intro, outro, select, text } from '@clack/prompts'

import { CreateError } from './create-error.ts'
import type { IncompleteChoices, PluginChoices } from './create-plugin.ts'
import { nameFault, type PluginKind } from './plugin-names.ts'
import { type License, licenses } from './rights.ts'

const kindHints: readonly { readonly value: PluginKind; readonly hint: string }[] = [
  { value: 'receiver', hint: 'takes events from a source and makes spans of them' },
  { value: 'processor', hint: 'changes or removes spans on their way' },
  { value: 'exporter', hint: 'sends spans to a destination' },
]

const licenseHints: Readonly<Record<License, string>> = {
  MIT: 'short and permissive',
  'Apache-2.0': 'permissive, with a grant of patents',
  none: 'all rights stay with you',
}

/** Where it is asked. Default: the standard streams. */
export interface Terminal {
  readonly input?: Readable
  readonly output?: Writable
}

/**
 * Asks on the terminal for what is not given.
 *
 * @throws CreateError when the author breaks off.
 */
export async function ask(given: IncompleteChoices, terminal: Terminal = {}): Promise<PluginChoices> {
  intro('A plugin for Spanloom', terminal)
  const kind =
    given.kind ??
    answer(await select<PluginKind>({ ...terminal, message: 'What will it be?', options: [...kindHints] }))
  const name =
    given.name ??
    answer(
      await text({
        ...terminal,
        message: `What is the ${kind} called in configurations?`,
        placeholder: 'acme',
        validate: (value) => nameFault(value ?? ''),
      }),
    )
  const license =
    given.license ??
    answer(
      await select<License>({
        ...terminal,
        message: 'Which licence?',
        options: licenses.map((value) => ({ value, hint: licenseHints[value] })),
      }),
    )
  outro('Thank you.', terminal)
  return { ...given, name, kind, license }
}

/** Breaking off gives a symbol. */
function answer<Answer>(given: Answer): Exclude<Answer, symbol> {
  if (typeof given === 'symbol') throw new CreateError('Broken off; nothing was made.')
  return given as Exclude<Answer, symbol>
}
