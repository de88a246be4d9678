import { symlink } from 'node:fs/promises'

import { createCollector, type ConfigIssue } from '@spanloom/core'
import { describe, expect, it } from 'vitest'

import { installed, manifestOf, pipelineWith, projectOf, receiverCode, type Files } from './project.ts'

/** Position, message and advice, with the folder of the test left out. */
function told(issues: readonly ConfigIssue[], folder: string): readonly string[] {
  return issues.map(({ source = '', line, column, message, suggestion = '' }) =>
    `${source}:${line}:${column} ${message} | ${suggestion}`.replaceAll(`${folder}/`, ''),
  )
}

async function faultsOf(files: Files): Promise<readonly string[]> {
  await using project = await projectOf(files)
  return told(await project.faults(), project.folder)
}

const acme = { 'pipeline.yaml': pipelineWith(['acme']) }

/** A project with one file beside the pipeline that lists it. */
const local = (text: string, name = './crane.mts'): Files => ({
  'pipeline.yaml': pipelineWith(['crane'], [name]),
  [name]: text,
})

describe('an unknown type', () => {
  it('is told with the command that installs it', async () => {
    const [fault] = await faultsOf({ 'pipeline.yaml': pipelineWith(['acme_crane/north']) })

    expect(fault).toMatch(
      /^pipeline\.yaml:2:3 unknown type: "acme_crane" for id: "acme_crane\/north" \(valid/,
    )
    expect(fault).toMatch(
      / \| If a plugin has it, install it beside the configuration: npm install spanloom-receiver-acme-crane$/,
    )
  })

  it('is told with the spelling of an installed one', async () => {
    const [fault] = await faultsOf({ ...installed('', 'crane'), 'pipeline.yaml': pipelineWith(['crone']) })

    expect(fault).toMatch(/ \| crane$/)
  })

  it('is told with what is wrong with the package that should have it', async () => {
    const [fault] = await faultsOf({
      ...acme,
      'node_modules/spanloom-receiver-acme/package.json': { name: 'spanloom-receiver-acme' },
    })

    expect(fault).toMatch(
      / \| spanloom-receiver-acme in node_modules\/spanloom-receiver-acme cannot be used: its package\.json has no section "spanloom"/,
    )
  })
})

describe('a type of an installed package', () => {
  const message = (text: string, who = 'spanloom-receiver-acme'): string =>
    `pipeline.yaml:2:3 cannot load the receiver "acme" of ${who}: ${text}`

  it('of a newer API asks for a newer program', async () => {
    const spanloom = { apiVersion: 2, components: [{ kind: 'receiver', type: 'acme' }] }
    expect(await faultsOf({ ...acme, ...installed('', 'acme', { manifest: { spanloom } }) })).toEqual([
      message('it needs version 2 of the plugin API, and spanloom 0.1.0 has version 1 | Update spanloom.'),
    ])
  })

  it('that two packages have names both', async () => {
    const files = {
      ...installed('', 'acme'),
      ...installed('', 'acme', { name: '@b/spanloom-receiver-acme' }),
    }

    expect(await faultsOf({ ...acme, ...files })).toEqual([
      message(
        '2 packages claim this type: spanloom-receiver-acme in node_modules/spanloom-receiver-acme, and @b/spanloom-receiver-acme in node_modules/@b/spanloom-receiver-acme | List the one to use, such as `plugins: [spanloom-receiver-acme]`, or uninstall the others.',
        'spanloom-receiver-acme or @b/spanloom-receiver-acme',
      ),
    ])
  })

  it.each<readonly [string, object, Files, string]>([
    [
      'an entry that climbs out',
      { entry: '../other/index.js' },
      {},
      'its entry ../other/index.js is not a file inside of the package | ',
    ],
    ['an entry at the root', { entry: '/etc/passwd' }, {}, 'its entry /etc/passwd is not a file inside'],
    ['an entry that is the folder', { entry: './' }, {}, 'its entry ./ is not a file inside of the package'],
    [
      'an entry that is not there',
      { entry: './dist/index.js' },
      {},
      'its entry ./dist/index.js does not exist',
    ],
    [
      'another export',
      { export: 'thing' },
      {},
      'its code exports no component as "thing" (it exports "acmeReceiver") | Export what defineReceiver of @spanloom/core returns.',
    ],
    ['an export of a prototype', { export: 'constructor' }, {}, 'its code exports no component as "constr'],
    [
      'another kind',
      { kind: 'receiver', export: 'acmeReceiver' },
      {
        'index.js': `import { defineExtension } from '@spanloom/core'
export const acmeReceiver = defineExtension({ type: 'acme', stability: 'beta', schema: { type: 'object', properties: {} }, create: () => ({}) })`,
      },
      'its package.json names the receiver "acme", and its code exports the extension "acme" | Make both',
    ],
    [
      'another type',
      { export: 'craneReceiver' },
      { 'index.js': receiverCode('crane') },
      'its package.json names the receiver "acme", and its code exports the receiver "crane" | Make both',
    ],
    [
      'code that throws',
      {},
      { 'index.js': "\nthrow new Error('No licence.')" },
      'it throws when it is loaded: No licence. (node_modules/spanloom-receiver-acme/index.js:2:7)',
    ],
    [
      'TypeScript',
      { entry: 'index.ts' },
      { 'index.ts': 'export default 1' },
      'its entry is TypeScript, which is not run inside of node_modules | Publish JavaScript.',
    ],
  ])('with %s', async (_, component, files, text) => {
    const folder = 'node_modules/spanloom-receiver-acme'
    const inside = Object.entries(files).map(([name, content]) => [`${folder}/${name}`, content] as const)
    const faults = await faultsOf({
      ...acme,
      ...installed('', 'acme', { component }),
      ...Object.fromEntries(inside),
    })

    expect(faults).toHaveLength(1)
    expect(faults[0]).toContain(message(text))
  })

  it('whose entry is a link that leads out', async () => {
    await using project = await projectOf({
      ...acme,
      ...installed('', 'acme', { component: { entry: 'link.js' } }),
      'secret.js': receiverCode('acme'),
    })
    await symlink(project.path('secret.js'), project.path('node_modules/spanloom-receiver-acme/link.js'))

    const [fault] = told(await project.faults(), project.folder)

    expect(fault).toContain('its entry link.js is not a file inside of the package')
  })

  it('without a main file', async () => {
    const components = [{ kind: 'receiver', type: 'acme' }]
    const [fault] = await faultsOf({
      ...acme,
      'node_modules/spanloom-receiver-acme/package.json': manifestOf('spanloom-receiver-acme', components, {
        exports: undefined,
        main: 'dist/main.js',
      }),
    })

    expect(fault).toContain('it has no main file | Build the package')
  })
})

it('what is built in wins over a package that claims its type', async () => {
  await using project = await projectOf({
    ...installed('', 'otlp'),
    ...installed('', 'acme'),
    'pipeline.yaml': pipelineWith(['otlp', 'acme']).replace('otlp:', 'otlp: { protocols: { http: } }'),
  })

  const { receivers } = await project.load()

  expect(receivers.get('otlp')).not.toHaveProperty('plugin')
  expect(receivers.get('acme')).toHaveProperty('plugin')
})

describe('an item of plugins', () => {
  it.each<readonly [string, string, string]>([
    ['a file that is not there', './other.mts', 'there is no such file | It is looked for at other.mts.'],
    ['a folder without package', './empty', 'the folder has no package.json | Name the file itself,'],
    [
      'a package that is not there',
      'spanloom-x',
      'the package is not installed | Install it: npm install spanlo',
    ],
    ['something else', "'a b'", 'it is neither a path nor the name of a package | Paths begin with `./`'],
    ['a package without marker', 'ordinary', 'its package.json has no section "spanloom"'],
    ['a package of another API', 'future', 'it needs version 9 of the plugin API'],
  ])('that is %s', async (_, item, text) => {
    const faults = await faultsOf({
      'pipeline.yaml': pipelineWith(['crane'], [item]),
      'empty/x.txt': '',
      'node_modules/ordinary/package.json': { name: 'ordinary' },
      'node_modules/future/package.json': {
        name: 'future',
        spanloom: { apiVersion: 9, components: [{ kind: 'receiver', type: 'crane' }] },
      },
    })

    expect(faults).toHaveLength(1)
    expect(faults[0]).toContain(
      `pipeline.yaml:2:5 cannot use the plugin ${item.replaceAll("'", '')}: ${text}`,
    )
  })

  it.each<readonly [string, string, string]>([
    ['nothing', 'export const x = 1', 'it exports no component | Export what defineReceiver'],
    [
      'top-level await',
      'await Promise.resolve()',
      'it uses top-level await, which a plugin must not | Wait where the component starts instead: in `start`.',
    ],
    [
      'an enum',
      'enum Size { small }',
      'TypeScript enum is not supported in strip-only mode (crane.mts:1) | Types',
    ],
    ['a mistake', '\nexport const = 1', '(crane.mts:2)'],
    ['an error', '\n\n  null.x\n', 'it throws when it is loaded: '],
    [
      'a missing package',
      "import x from 'left-crane'",
      "Cannot find package 'left-crane' imported from crane.mts | Install it where the plugin is: npm install left-crane",
    ],
    [
      'what the core has not',
      "import { defineCrane } from '@spanloom/core'",
      'it imports defineCrane from @spanloom/core, which this version does not have | Update spanloom',
    ],
    [
      'what is for tests',
      "import { fakeClock } from '@spanloom/core/testing'",
      'it imports @spanloom/core/testing, which is for tests and not part of a program that runs | Import it in',
    ],
    [
      'what does not exist',
      "import x from '@spanloom/core/src/x.ts'",
      'it imports @spanloom/core/src/x.ts, which does not exist | Import from @spanloom/core.',
    ],
  ])('that is a file with %s', async (_, code, text) => {
    const faults = await faultsOf(local(code))

    expect(faults).toHaveLength(1)
    expect(faults[0]).toContain('pipeline.yaml:2:5 cannot use the plugin ./crane.mts: ')
    expect(faults[0]).toContain(text)
  })

  it('that claims what is built in', async () => {
    expect(await faultsOf(local(receiverCode('otlp')))).toEqual([
      'pipeline.yaml:2:5 the plugin ./crane.mts claims the receiver type "otlp", which is built in | Give it a type of its own.',
    ])
  })

  it('that claims what another item has', async () => {
    expect(
      await faultsOf({
        'pipeline.yaml': pipelineWith(['crane'], ['./a.mts', './b.mts']),
        'a.mts': receiverCode('crane'),
        'b.mts': receiverCode('crane'),
      }),
    ).toEqual([
      'pipeline.yaml:3:5 the plugin ./b.mts claims the receiver type "crane", which ./a.mts has already | List one of the two only.',
    ])
  })

  it('that is no text', async () => {
    expect(await faultsOf({ 'pipeline.yaml': pipelineWith(['nop'], ['{ path: x }']) })).toEqual([
      expect.stringMatching(/^pipeline\.yaml:2:5 'plugins\.0' expected type 'string'/),
    ])
  })

  it('leaves the other faults to be found in the same run', async () => {
    const faults = await faultsOf({
      'pipeline.yaml': pipelineWith(['crane'], ['./a.mts', './b.mts', './c.mts']).replace(
        'crane:',
        'crane: { size: x }',
      ),
      'b.mts': receiverCode('crane'),
    })

    expect(faults).toEqual([
      expect.stringContaining('pipeline.yaml:2:5 cannot use the plugin ./a.mts'),
      expect.stringContaining('pipeline.yaml:4:5 cannot use the plugin ./c.mts'),
      expect.stringContaining("pipeline.yaml:6:18 'size' expected type 'int'"),
    ])
  })
})

it('a file that threw is told to need a restart once it was mended', async () => {
  await using project = await projectOf(local("throw new Error('No crane.')"))
  const [before] = await project.faults()
  await project.write({ 'crane.mts': receiverCode('crane') })

  const [after] = await project.faults()

  expect(before?.message).toContain('it throws when it is loaded: No crane.')
  expect(after).toMatchObject({
    message: expect.stringMatching(/No crane\. .*; the file has changed since$/),
    suggestion: 'Restart to load it again.',
  })
})

describe('a plugin that throws', () => {
  const code = (create: string): Files =>
    local(
      `import { defineReceiver } from '@spanloom/core'
export default defineReceiver({
  type: 'crane', stability: 'beta', schema: { type: 'object', properties: {} },
  create: () => ${create},
})`,
    )
  const build = { command: 'spanloom', version: '0' }
  const quiet = { write: () => true, on: () => undefined }

  it('when it is created is named with its place', async () => {
    await using project = await projectOf(code("{ throw new Error('No crane.') }"))
    const config = await project.load()

    await expect(createCollector({ config, build, buildOnly: true })).rejects.toMatchObject({
      message: 'failed to create "crane" receiver: No crane.',
      hint: `It comes from the plugin ./crane.mts, configured at ${project.path('pipeline.yaml')}:4:3.`,
    })
  })

  it('when it starts is named with its place', async () => {
    await using project = await projectOf(
      code("({ start: () => Promise.reject(new Error('No crane.')), shutdown: () => Promise.resolve() })"),
    )
    const config = await project.load()
    const streams = { stdout: quiet, stderr: quiet, env: {} }
    const collector = await createCollector({ config, build, streams })

    await expect(collector.start()).rejects.toMatchObject({
      message: 'failed to start "crane" receiver: No crane.',
      hint: `It comes from the plugin ./crane.mts, configured at ${project.path('pipeline.yaml')}:4:3.`,
    })
  })
})

it('a package is named with its version and folder', async () => {
  await using project = await projectOf({
    ...acme,
    ...installed('', 'acme'),
    'node_modules/spanloom-receiver-acme/package.json': manifestOf('spanloom-receiver-acme', [
      { kind: 'receiver', type: 'acme' },
    ]),
  })

  expect((await project.load()).receivers.get('acme')?.plugin).toBe(
    `the plugin spanloom-receiver-acme 1.2.3 in ${project.path('node_modules/spanloom-receiver-acme')}, configured at ${project.path('pipeline.yaml')}:2:3`,
  )
})
