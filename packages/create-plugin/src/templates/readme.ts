import type { PluginPlan } from '../plugin-plan.ts'
import type { KindFiles } from './kind-files.ts'

/** Between these stands the table that `npm run docs` writes. */
const [begin, end] = ['<!-- settings -->', '<!-- /settings -->']

/** `README.md`; its table of settings is written by `npm run docs`. */
export function readme(
  { names, license }: PluginPlan,
  { does, settings, shared, readme: parts }: KindFiles,
): string {
  const { kind, type } = names
  return `# ${names.package}

${kind === 'exporter' ? 'An' : 'A'} ${kind} for [Spanloom](https://www.npmjs.com/package/@spanloom/collector): ${does}.

\`\`\`sh
npm install ${names.package}
\`\`\`

Installed beside a \`pipeline.yaml\`, its type \`${type}\` can be named there:

\`\`\`yaml
${parts.example}
\`\`\`

## Settings

${begin}
${settings}
${end}
${shared === '' ? '' : `\n${shared}\n`}
## From source to destination

${parts.mapping}

## Promises

${parts.promises}

## Working on it

\`\`\`sh
npm install
npm test        # types, unit tests and the promises of every ${kind}
npm run dev     # runs pipeline.yaml, again after every change
npm run docs    # writes the table of settings anew
npm pack        # builds and packs it
\`\`\`

${parts.tryIt}
${license === 'none' ? '' : `\nLicence: ${license}.\n`}`
}

/** The script that writes the table of settings, and what its test calls. */
export const readmeScript: string = `import { readFileSync, writeFileSync } from 'node:fs'

import { settingsTable } from '@spanloom/core'

import { ownSettings } from '../src/settings.ts'

/** The README as it is. */
export const readme = (): string => readFileSync('README.md', 'utf8')

/** The README with a table of settings that is made of the schema. */
export function withSettings(text: string): string {
  const table = settingsTable({ schema: ownSettings }).join('\\n')
  return text.replace(/(?<=${begin}\\n).*?(?=${end.replace('/', '\\/')})/s, () => \`\\n\${table}\\n\\n\`)
}

if (import.meta.main) writeFileSync('README.md', withSettings(readme()))
`

/** The test that the table is up to date. */
export const readmeTest = `import { expect, it } from 'vitest'

import { readme, withSettings } from '../scripts/readme.ts'

it('has a table of the settings as they are; npm run docs writes it', () => {
  expect(readme()).toBe(withSettings(readme()))
})
`
