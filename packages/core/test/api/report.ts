import type { Declaration } from './module.ts'
import type { PublicApi } from './public-api.ts'

const head = `Everything that plugins and programs can use of this entry, as TypeScript sees it.
\`pnpm docs\` writes this file; a test compares it. A change here that is no addition may break plugins:
then \`pluginApiVersion\` has to grow.`

/** The API report of an entry: one paragraph for each declaration, without comments, so that a diff shows what changed. */
export function apiReport(entry: string, { exported, inner }: PublicApi): string {
  const paragraphs = [...exported].map(([name, declarations]) =>
    declarations.length === 0 ? `${name} of another package` : declarations.map(lines(name)).join('\n'),
  )
  return `${[
    `# ${entry}`,
    head,
    ...paragraphs,
    '# Not exported, but part of the above',
    ...inner.map(({ bare }) => bare),
  ].join('\n\n')}\n`
}

function lines(exportedAs: string): (declaration: Declaration) => string {
  return ({ name, bare }) => (name === exportedAs ? bare : `${bare}\nexported as ${exportedAs}`)
}
