import { readdirSync, readFileSync } from 'node:fs'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from 'vitest'

import { componentReference } from '../src/docs/component-reference.ts'
import { fillSettings } from '../src/docs/readme-settings.ts'
import { defaultRegistry } from '../src/registry.ts'
import { checkDocs } from './docs-check/check-docs.ts'
import { readPages, renderFault } from './docs-check/page.ts'
import { hasStory, storyFaults } from './docs-check/story.ts'
import { temporaryFolder } from './example-run.ts'

const repository = fileURLToPath(new URL('../../../', import.meta.url))
const pages = readPages(repository)

it('every block, command and link of the documentation is right', { timeout: 120_000 }, async () => {
  expect((await checkDocs(repository)).map(renderFault)).toEqual([])
})

describe('what the documentation shows is what happens', () => {
  it.each(pages.filter(hasStory).map((page) => [page.name, page] as const))(
    '%s',
    { timeout: 120_000 },
    async (_name, page) => {
      expect((await storyFaults(page, repository)).map(renderFault)).toEqual([])
    },
  )
})

describe('the check can fail', () => {
  /** Lines of pages, and what to write instead of them in a copy of the documentation. */
  type Change = readonly [page: string, line: string, changed: string]

  async function faultsWith(...changes: readonly Change[]): Promise<readonly string[]> {
    await using folder = await temporaryFolder()
    for (const { name } of pages) await cp(join(repository, name), join(folder.path, name))
    for (const [page, line, changed] of changes) {
      const text = await readFile(join(folder.path, page), 'utf8')
      expect(text.split(`${line}\n`)).toHaveLength(2)
      await writeFile(join(folder.path, page), text.replace(`${line}\n`, `${changed}\n`))
    }
    return (await checkDocs(folder.path, repository)).map(renderFault)
  }
  const place = ([page, line]: Change): string =>
    `${page}:${readFileSync(join(repository, page), 'utf8').split('\n').indexOf(line) + 1}`

  it('at one renamed key of a configuration', { timeout: 120_000 }, async () => {
    const line = '      dead_letters: { max_requests: 1000, max_age: 168h }'
    const change: Change = ['docs/guide/delivery.md', line, line.replace('max_age', 'maximum_age')]

    expect(await faultsWith(change)).toEqual([
      `${place(change)}: exporters::otlp_http::sending_queue::dead_letters::maximum_age: 'sending_queue.dead_letters' has invalid keys: maximum_age`,
    ])
  })

  it('at flags, exports, links, verbs and languages', { timeout: 120_000 }, async () => {
    const command = 'spanloom queue drop --all --directory /var/lib/spanloom'
    const flag: Change = ['docs/guide/delivery.md', command, command.replace('--all', '--everything')]
    const call = "await using handle = await runCollector({ config: 'pipeline.yaml' })"
    const option: Change = ['packages/collector/README.md', call, call.replace('config', 'configuration')]
    const title: Change = [
      'docs/README.md',
      '# Documentation',
      '# Documentation\n\n[page](nowhere.md), `spanloom bake`\n\n```toml\na = 1\n```',
    ]

    expect(await faultsWith(flag, option, title)).toEqual([
      'docs/README.md:3: nowhere.md leads nowhere',
      'docs/README.md:3: `spanloom bake`: there is no verb "bake"',
      'docs/README.md:5: blocks of the language "toml" are checked by nobody',
      expect.stringContaining(`${place(flag)}: \`${flag[2]}\`: error: unknown option '--everything'`),
      expect.stringContaining(`${place(option)}: TS2353: `),
    ])
  })
})

it('the README names every component', () => {
  const [, box = ''] = readFileSync(join(repository, 'README.md'), 'utf8').split('## What is in the box')
  const missing = defaultRegistry.entries.filter(({ kind, type }) => {
    const row = box.split('\n').find((line) => line.startsWith(`| ${kind}s |`)) ?? ''
    return !row.includes(`\`${type}\``)
  })

  expect(missing.map(({ kind, type }) => `${kind} ${type}`)).toEqual([])
})

describe('what is made of schemas is up to date (pnpm docs writes it)', () => {
  it('the reference', async () => {
    const folder = join(repository, 'docs/reference')
    const made = await componentReference(defaultRegistry)
    const kinds = new Set([...made.keys()].map((name) => name.replace(/(?<=\/).*$/, '')))
    const written = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.md') && kinds.has(name.replace(/(?<=\/).*$/, '')),
    )

    expect(written.toSorted()).toEqual([...made.keys()].toSorted())
    for (const [name, text] of made) expect(readFileSync(join(folder, name), 'utf8')).toBe(text)
  })

  it.each([...new Set(defaultRegistry.entries.map(({ module }) => module))])(
    'the settings in the README of %s',
    async (module) => {
      const readme = readFileSync(
        join(repository, module.replace('@spanloom/', 'packages/'), 'README.md'),
        'utf8',
      )

      expect(readme).toMatch(/^<!-- settings -->$/m)
      expect(await fillSettings(readme, module, defaultRegistry)).toBe(readme)
    },
  )
})
