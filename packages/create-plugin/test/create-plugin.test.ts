import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { pluginApiVersion } from '@spanloom/core'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

import { createPlugin, type PluginChoices } from '../src/create-plugin.ts'
import { toolVersions, spanloomVersion, nodeVersion } from '../src/tool-versions.ts'
import { temporaryFolder } from './made-project.ts'

const now = Date.UTC(2026, 10, 22)
const workspace = new URL('../../../', import.meta.url)
const textOf = (path: string): string => readFileSync(new URL(path, workspace), 'utf8')

/** Makes a package and returns its `package.json`. */
async function packageOf(choices: Partial<PluginChoices>, cwd: string): Promise<Record<string, unknown>> {
  const { folder } = await createPlugin({ name: 'acme', kind: 'receiver', ...choices }, { cwd, now })
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

describe('names', () => {
  it.each([
    [{}, 'spanloom-receiver-acme', 'acme', 'acmeReceiver'],
    [{ name: 'acme-shop', kind: 'exporter' }, 'spanloom-exporter-acme-shop', 'acme_shop', 'acmeShopExporter'],
    [{ name: 'acme_2', scope: '@acme' }, '@acme/spanloom-receiver-acme-2', 'acme_2', 'acme2Receiver'],
    [{ name: 'spanloom-receiver-acme' }, 'spanloom-receiver-acme', 'acme', 'acmeReceiver'],
  ] as const)('follow from %o', async (choices, name, type, factory) => {
    using work = temporaryFolder()

    const made = await packageOf(choices, work.path)

    expect(made).toMatchObject({
      name,
      spanloom: { apiVersion: pluginApiVersion, components: [{ type, export: factory }] },
    })
    expect(readdirSync(work.path)).toEqual([name.replace('@acme/', '')])
  })

  it.each([
    [{ name: 'AcmeShop' }, 'How about "acme-shop"?'],
    [{ name: '../evil' }, 'How about "evil"?'],
    [{ name: '7up' }, 'begin with a letter'],
    [{ name: 'a--b' }, 'single hyphens'],
    [{ name: '' }, 'needs a name'],
    [{ name: 'a'.repeat(64) }, '64 characters; 63 are allowed'],
    [{ scope: 'acme' }, 'such as @acme'],
    [{ scope: '@acme/../..' }, 'such as @acme'],
    [{ spanloom: './nowhere' }, 'a folder of packed packages'],
    [{ spanloom: '.' }, 'has no packed @spanloom/collector'],
  ])('%o is refused, and nothing is written', async (choices, words) => {
    using work = temporaryFolder()

    await expect(packageOf(choices, work.path)).rejects.toThrow(words)
    expect(readdirSync(work.path)).toEqual([])
  })

  it('of built-in components are refused', async () => {
    using work = temporaryFolder()

    const made = createPlugin(
      { name: 'otlp', kind: 'receiver' },
      { cwd: work.path, now, builtIn: () => ['otlp'] },
    )

    await expect(made).rejects.toThrow('The receiver "otlp" is built in. Choose another name.')
  })
})

describe('the folder', () => {
  it('may exist when it is empty but for a repository', async () => {
    using work = temporaryFolder()
    mkdirSync(join(work.path, 'here', '.git'), { recursive: true })

    await packageOf({ directory: 'here' }, work.path)

    expect(existsSync(join(work.path, 'here', 'src', 'index.ts'))).toBe(true)
  })

  it.each(['note.txt', 'package.json'])('is refused with a %s in it', async (name) => {
    using work = temporaryFolder()
    writeFileSync(join(work.path, name), 'mine')

    await expect(packageOf({ directory: '.' }, work.path)).rejects.toThrow('is not empty')
    expect(readdirSync(work.path)).toEqual([name])
  })

  it('is no file', async () => {
    using work = temporaryFolder()
    writeFileSync(join(work.path, 'note.txt'), 'mine')

    await expect(packageOf({ directory: 'note.txt' }, work.path)).rejects.toThrow('is a file')
  })
})

describe('licences', () => {
  it.each([
    ['MIT', 'MIT', 'Copyright (c) 2026 the authors of spanloom-receiver-acme'],
    ['Apache-2.0', 'Apache-2.0', 'Apache License'],
  ] as const)('%s has its text', async (license, stated, words) => {
    using work = temporaryFolder()

    expect(await packageOf({ license }, work.path)).toMatchObject({ license: stated })
    expect(readFileSync(join(work.path, 'spanloom-receiver-acme', 'LICENSE'), 'utf8')).toContain(words)
  })

  it('none leaves all rights with the author', async () => {
    using work = temporaryFolder()

    expect(await packageOf({ license: 'none' }, work.path)).toMatchObject({ license: 'UNLICENSED' })
    expect(existsSync(join(work.path, 'spanloom-receiver-acme', 'LICENSE'))).toBe(false)
  })

  it('the text of Apache-2.0 is that of this repository', async () => {
    using work = temporaryFolder()
    await packageOf({ license: 'Apache-2.0' }, work.path)

    expect(readFileSync(join(work.path, 'spanloom-receiver-acme', 'LICENSE'), 'utf8')).toBe(textOf('LICENSE'))
  })
})

describe('versions', () => {
  it('are those that this repository is tested with', () => {
    const { catalog } = parse(textOf('pnpm-workspace.yaml'))
    const { version, engines } = JSON.parse(textOf('packages/core/package.json'))

    expect(spanloomVersion).toBe(version)
    expect(nodeVersion).toBe(engines.node)
    for (const [name, range] of Object.entries(toolVersions)) expect(range).toBe(`^${catalog[name]}`)
  })

  it('of Spanloom can be chosen', async () => {
    using work = temporaryFolder()

    const made = await packageOf({ spanloom: '0.2.1' }, work.path)

    expect(made).toMatchObject({
      devDependencies: { '@spanloom/core': '0.2.1', '@spanloom/collector': '0.2.1' },
    })
    expect(made).not.toHaveProperty('overrides')
  })

  it('of Spanloom can be those of packed packages', async () => {
    using work = temporaryFolder()
    const packs = join(work.path, 'packs')
    mkdirSync(packs)
    for (const name of ['spanloom-core', 'spanloom-collector', 'create-spanloom-plugin'])
      writeFileSync(join(packs, `${name}-0.1.0.tgz`), '')

    const made = await packageOf({ spanloom: 'packs' }, work.path)

    const core = `file:${packs}/spanloom-core-0.1.0.tgz`
    expect(made).toMatchObject({
      devDependencies: { '@spanloom/core': core },
      overrides: {
        '@spanloom/core': core,
        'create-spanloom-plugin': `file:${packs}/create-spanloom-plugin-0.1.0.tgz`,
      },
    })
  })
})
