import { getAsset, isSea } from 'node:sea'

import { SpanloomError } from '@spanloom/core'
import { Option } from 'commander'

import type { Verb } from './verb.ts'

interface Flags {
  readonly format: 'table' | 'text' | 'json'
}

/** A package that the single-file binary contains. */
export interface License {
  readonly name: string
  readonly version: string
  /** SPDX identifier, or words where several licences apply. */
  readonly license: string
  /** The licence as the package brings it; may be empty. */
  readonly text: string
}

/** Tells whose work the single-file binary contains. */
export const licensesVerb: Verb = {
  define(program, { stdout }, act) {
    program
      .command('licenses')
      .description('List everything that the single-file binary contains, with versions and licences.')
      .addOption(
        new Option('--format <format>', 'text and json have the whole texts')
          .choices(['table', 'text', 'json'])
          .default('table'),
      )
      .action(({ format }: Flags) =>
        act(() => {
          stdout.write(renderLicenses(embeddedLicenses(), format))
          return Promise.resolve(0)
        }),
      )
  },
}

/** The list that `build:binary` puts into the binary. */
function embeddedLicenses(): readonly License[] {
  if (!isSea()) {
    throw new SpanloomError(
      'NO_BINARY',
      'only the single-file binary has a list of what it contains; here every package in node_modules brings its own licence',
      {
        hint: 'Ask the package manager, as in "pnpm licenses list", or build the binary: npm run build:binary',
      },
    )
  }
  return JSON.parse(getAsset('licenses.json', 'utf8')) as readonly License[]
}

/** The list as a table, as one text for people with all licences in full, or as data. */
export function renderLicenses(licenses: readonly License[], format: Flags['format']): string {
  if (format === 'json') return `${JSON.stringify(licenses, undefined, 2)}\n`
  if (format === 'text') return licenses.map((entry) => chapter(entry)).join('\n')
  const width = Math.max(...licenses.map(({ name }) => name.length))
  const versionWidth = Math.max(...licenses.map(({ version }) => version.length))
  return licenses
    .map(
      ({ name, version, license }) => `${name.padEnd(width)}  ${version.padEnd(versionWidth)}  ${license}\n`,
    )
    .join('')
}

function chapter({ name, version, license, text }: License): string {
  const title = `${name} ${version} (${license})`
  return `${title}\n${'='.repeat(title.length)}\n\n${text === '' ? 'The package brings no text.' : text.trim()}\n`
}
