// Writes the reference pages and the tables of settings in READMEs, of the schemas of the components, and the pages and
// reports of the public API. Run it through `pnpm docs`.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { componentReference } from '../packages/collector/src/docs/component-reference.ts'
import { fillSettings } from '../packages/collector/src/docs/readme-settings.ts'
import { defaultRegistry } from '../packages/collector/src/registry.ts'
import { apiPages } from '../packages/core/test/api/pages.ts'

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url))

for (const kind of ['receivers', 'processors', 'exporters', 'connectors', 'extensions'])
  await rm(path(`docs/reference/${kind}`), { recursive: true, force: true })
for (const [name, text] of await componentReference(defaultRegistry)) {
  const page = path(`docs/reference/${name}`)
  await mkdir(dirname(page), { recursive: true })
  await writeFile(page, text)
}
for (const folder of await readdir(path('packages'))) {
  const readme = join(path('packages'), folder, 'README.md')
  await writeFile(
    readme,
    await fillSettings(await readFile(readme, 'utf8'), `@spanloom/${folder}`, defaultRegistry),
  )
}
for (const [name, text] of apiPages()) {
  await mkdir(dirname(path(name)), { recursive: true })
  await writeFile(path(name), text)
}
