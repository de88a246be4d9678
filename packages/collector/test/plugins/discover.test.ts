import { mkdir, rename, symlink } from 'node:fs/promises'

import { describe, expect, it } from 'vitest'

import { discoverPlugins, type Discovery } from '../../src/plugins/discover.ts'
import { installed, manifestOf, projectOf, type Files, type Project } from './project.ts'

/** Code that no test may run. */
const bomb = { 'index.js': "throw new Error('Code of a plugin ran.')" }

const discover = (
  { path }: Project,
  projects: readonly string[] = ['app'],
  command = 'bin',
): Promise<Discovery> => discoverPlugins({ projects: projects.map(path), command: path(command) })

const foldersOf = ({ packages }: Discovery, { folder }: Project): readonly string[] =>
  packages.map((plugin) => plugin.folder.slice(folder.length + 1)).toSorted()

const problemsOf = ({ broken }: Discovery): readonly string[] =>
  broken.map(({ name, problem }) => `${name}: ${problem}`)

describe('packages', () => {
  it.each(['app', '', 'bin'])('are found in the node_modules of "%s"', async (where) => {
    await using project = await projectOf(installed(where, 'acme'))

    const found = await discover(project, ['app/config/north'])

    expect(foldersOf(found, project)).toEqual([
      `${where}/node_modules/spanloom-receiver-acme`.replace(/^\//, ''),
    ])
    expect(found.packages[0]).toMatchObject({
      name: 'spanloom-receiver-acme',
      version: '1.2.3',
      apiVersion: 1,
      components: [{ kind: 'receiver', type: 'acme', stability: 'development', aliases: [] }],
    })
    expect(found.broken).toEqual([])
  })

  it('are found beside a command that is installed for the whole machine', async () => {
    await using project = await projectOf(installed('lib', 'acme'))

    const found = await discover(project, ['app'], 'lib/node_modules/@spanloom/collector/dist')

    expect(foldersOf(found, project)).toEqual(['lib/node_modules/spanloom-receiver-acme'])
  })

  it('are found under scopes', async () => {
    await using project = await projectOf(
      installed('app', 'acme', { name: '@somebody/spanloom-exporter-acme' }),
    )

    expect(foldersOf(await discover(project), project)).toEqual([
      'app/node_modules/@somebody/spanloom-exporter-acme',
    ])
  })

  it('of any name are found where the project depends on them itself', async () => {
    await using project = await projectOf({
      ...installed('app', 'acme', { name: 'our-spans' }),
      ...installed('app', 'other', { name: 'of-somebody-else' }),
      'app/package.json': { name: 'app', devDependencies: { 'our-spans': '1', 'not-there': '1' } },
    })

    expect(foldersOf(await discover(project, ['app/config']), project)).toEqual([
      'app/node_modules/our-spans',
    ])
  })

  it('that are the project itself are found', async () => {
    await using project = await projectOf({
      'app/package.json': manifestOf('whatever', [{ kind: 'processor', type: 'acme' }]),
    })

    expect(foldersOf(await discover(project), project)).toEqual(['app'])
  })

  it('that are installed twice count where they are nearest', async () => {
    await using project = await projectOf({
      ...installed('', 'acme'),
      ...installed('app', 'acme'),
      ...installed('bin', 'acme'),
    })

    expect(foldersOf(await discover(project), project)).toEqual(['app/node_modules/spanloom-receiver-acme'])
  })

  it('are followed through links', async () => {
    await using project = await projectOf(installed('store', 'acme'))
    await mkdir(project.path('app/node_modules'), { recursive: true })
    await symlink(
      project.path('store/node_modules/spanloom-receiver-acme'),
      project.path('app/node_modules/spanloom-receiver-acme'),
    )

    expect(foldersOf(await discover(project), project)).toEqual(['store/node_modules/spanloom-receiver-acme'])
  })

  it('run no code', async () => {
    const files = Object.entries(installed('app', 'acme')).map(
      ([name, content]): [string, string | object] => [
        name,
        name.endsWith('index.js') ? bomb['index.js'] : content,
      ],
    )
    await using project = await projectOf(Object.fromEntries(files))

    expect((await discover(project)).packages).toHaveLength(1)
  })

  it('cannot be reached with names that are paths', async () => {
    await using project = await projectOf({
      ...installed('', 'acme', { name: 'secret' }),
      'app/package.json': { name: 'app', dependencies: { '../../node_modules/secret': '1', '..': '1' } },
    })

    expect((await discover(project)).packages).toEqual([])
  })
})

describe('a package that cannot be used is told with the reason', () => {
  const at = 'app/node_modules/spanloom-receiver-acme/package.json'
  const marked = (spanloom: unknown): object => ({
    name: 'spanloom-receiver-acme',
    version: '1.0.0',
    spanloom,
  })
  const one = { kind: 'receiver', type: 'acme' }

  it.each<readonly [string, string | object, string]>([
    ['no JSON', '{', 'its package.json is not valid JSON'],
    ['not even text', '\u0000', 'its package.json is not valid JSON'],
    ['too large', `{"x":"${'x'.repeat(262_144)}"}`, 'its package.json is larger than 262144 bytes'],
    ['nested deeply', `${'['.repeat(5000)}${']'.repeat(5000)}`, 'its package.json is not valid JSON'],
    ['a list', '[]', 'its package.json has no valid name'],
    ['a path for a name', { name: '../x' }, 'its package.json has no valid name'],
    ['no marker', { name: 'x' }, 'its package.json has no section "spanloom"'],
    ['null', marked(null), 'spanloom'],
    ['no version', marked({ components: [one] }), 'spanloom.apiVersion'],
    ['a text for a version', marked({ apiVersion: 'one', components: [one] }), 'spanloom.apiVersion'],
    ['no components', marked({ apiVersion: 1, components: [] }), 'spanloom.components'],
    ['a map of components', marked({ apiVersion: 1, components: one }), 'spanloom.components'],
    [
      'a misspelt key',
      marked({ apiVersion: 1, components: [{ ...one, entri: 'x' }] }),
      'spanloom.components.0.entri: ',
    ],
    [
      'an unknown kind',
      marked({ apiVersion: 1, components: [{ ...one, kind: 'reciever' }] }),
      'spanloom.components.0.kind: ',
    ],
    [
      'a type of other characters',
      marked({ apiVersion: 1, components: [{ ...one, type: 'Acme/x' }] }),
      'spanloom.components.0.type: ',
    ],
    [
      'a prototype',
      `{"name":"x","spanloom":{"apiVersion":1,"components":[{"kind":"receiver","type":"acme","__proto__":{"entry":"x"}}]}}`,
      'spanloom.components.0.__proto__: ',
    ],
    [
      'a marker in a prototype',
      `{"name":"x","__proto__":{"spanloom":{"apiVersion":1,"components":[]}}}`,
      'its package.json has no section "spanloom"',
    ],
  ])('%s', async (_, manifest, problem) => {
    await using project = await projectOf({ [at]: manifest } satisfies Files)

    const found = await discover(project)

    expect(found.packages.flatMap(({ components }) => components)).toEqual([])
    expect(problemsOf(found)).toHaveLength(1)
    expect(problemsOf(found)[0]).toContain(`spanloom-receiver-acme: ${problem}`)
  })

  it('while its other components can be used', async () => {
    await using project = await projectOf({
      [at]: marked({ apiVersion: 1, components: [{ kind: 'x' }, one] }),
    })

    const found = await discover(project)

    expect(found.packages.flatMap(({ components }) => components)).toMatchObject([one])
    expect(problemsOf(found)).not.toEqual([])
  })

  it('unless its name says nothing', async () => {
    await using project = await projectOf({
      'app/package.json': { name: 'app', dependencies: { ordinary: '1' } },
      'app/node_modules/ordinary/package.json': '{',
    })

    expect(await discover(project)).toEqual({ packages: [], broken: [] })
  })

  it('not at all where package.json is no file', async () => {
    await using project = await projectOf(installed('app', 'acme'))
    await rename(project.path(at), project.path(`${at}.old`))
    await mkdir(project.path(at))

    expect(await discover(project)).toEqual({ packages: [], broken: [] })
  })
})
