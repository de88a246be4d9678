import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { createPlugin } from '../src/create-plugin.ts'
import { kinds, type PluginKind } from '../src/plugin-names.ts'
import { install, runIn, temporaryFolder } from './made-project.ts'

const now = Date.UTC(2026, 10, 22)
const patienceMs = 120_000

async function make(kind: PluginKind): Promise<{ readonly folder: string } & Disposable> {
  const { path, [Symbol.dispose]: remove } = temporaryFolder()
  const { folder } = await createPlugin({ name: 'acme-shop', kind }, { cwd: path, now })
  install(folder)
  return { folder, [Symbol.dispose]: remove }
}

describe.each(kinds)('a made %s', (kind) => {
  it(
    'passes its tests and builds',
    async () => {
      using made = await make(kind)

      await runIn(made.folder, 'tsc')
      expect(await runIn(made.folder, 'vitest', 'run')).toMatch(/Test Files\s+\d+ passed/)

      await runIn(made.folder, 'tsc', '-p', 'tsconfig.build.json')
      const { spanloom } = JSON.parse(readFileSync(join(made.folder, 'package.json'), 'utf8'))
      const [marked] = spanloom.components
      const built = await import(join(made.folder, marked.entry))
      expect(built[marked.export]).toMatchObject({ kind, type: 'acme_shop', stability: 'development' })
      expect(readFileSync(join(made.folder, 'dist', 'index.d.ts'), 'utf8')).toContain(marked.export)
    },
    patienceMs,
  )
})

describe('the README of a made package', () => {
  it(
    'is written anew when a setting changes, and its test tells until then',
    async () => {
      using made = await make('processor')
      const settings = join(made.folder, 'src', 'settings.ts')
      writeFileSync(settings, readFileSync(settings, 'utf8').replace('at least so long', 'that long'))

      await expect(runIn(made.folder, 'vitest', 'run', 'readme')).rejects.toThrow('npm run docs writes it')
      await runIn(made.folder, 'node', 'scripts/readme.ts')
      expect(readFileSync(join(made.folder, 'README.md'), 'utf8')).toContain(
        'Spans that take that long are marked.',
      )
      expect(await runIn(made.folder, 'vitest', 'run', 'readme')).toMatch(/Test Files\s+1 passed/)
    },
    patienceMs,
  )
})

describe('the tests of a made package', () => {
  it(
    'fail when its translation changes',
    async () => {
      using made = await make('receiver')
      const translate = join(made.folder, 'src', 'translate.ts')
      writeFileSync(
        translate,
        readFileSync(translate, 'utf8').replace('endTime: new Date(finished)', 'endTime: new Date(started)'),
      )

      await expect(runIn(made.folder, 'vitest', 'run', 'translate')).rejects.toThrow(
        'the expected spans of the fixture',
      )
    },
    patienceMs,
  )

  it(
    'fail when a type is wrong',
    async () => {
      using made = await make('exporter')
      appendFileSync(join(made.folder, 'src', 'index.ts'), "export const wrong: number = 'text'\n")

      await expect(runIn(made.folder, 'tsc')).rejects.toThrow('src/index.ts(2,14)')
    },
    patienceMs,
  )
})
