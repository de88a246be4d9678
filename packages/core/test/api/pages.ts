import { fileURLToPath } from 'node:url'

import { publicApi, type PublicApi } from './public-api.ts'
import { apiReference } from './reference.ts'
import { apiReport } from './report.ts'

const source = fileURLToPath(new URL('../../src', import.meta.url))

/** The API of an entry of the core. */
export const core = (): PublicApi => publicApi(`${source}/index.ts`)
/** The API of the entry for tests, without what the core exports itself. */
export function testing(): PublicApi {
  const { exported, inner } = publicApi(`${source}/testing/index.ts`)
  const known = new Set([...core().exported.values()].flat().map(({ file, name }) => `${file} ${name}`))
  return { exported, inner: inner.filter(({ file, name }) => !known.has(`${file} ${name}`)) }
}

/** Folder of the core's sources. */
export const sourceFolder: string = source

/** All generated pages about the API, by path from the top of the repository. */
export function apiPages(): ReadonlyMap<string, string> {
  const [main, tests] = [core(), testing()]
  return new Map([
    ['packages/core/api/core.txt', apiReport('@spanloom/core', main)],
    ['packages/core/api/testing.txt', apiReport('@spanloom/core/testing', tests)],
    ['docs/reference/api.md', apiReference(source, main, tests)],
  ])
}
