import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

import { runCollector } from '../../src/index.ts'
import { installed, manifestOf, pipelineWith, projectOf, receiverCode, type Files } from './project.ts'

/** Installed beside what is used; its code must not run. */
const bomb: Files = {
  ...installed('', 'bomb'),
  'node_modules/spanloom-receiver-bomb/index.js': "throw new Error('Code that nothing names ran.')",
}

describe('components', () => {
  it('lists plugins with their packages, and those that cannot be used, and runs no code', async () => {
    await using project = await projectOf({
      ...bomb,
      ...installed('', 'otlp', { name: '@x/spanloom-receiver-otlp' }),
      ...installed('', 'twice', { name: 'spanloom-receiver-a' }),
      ...installed('', 'twice', { name: 'spanloom-receiver-b' }),
      ...installed('', 'lost', { component: { entry: './dist/index.js' } }),
      'node_modules/spanloom-receiver-future/package.json': {
        name: 'spanloom-receiver-future',
        spanloom: { apiVersion: 2, components: [{ kind: 'receiver', type: 'future' }] },
      },
      'node_modules/spanloom-receiver-plain/package.json': { name: 'spanloom-receiver-plain' },
    })
    const at = (name: string): string => project.path(`node_modules/${name}`)

    const { code, stdout, stderr } = await project.run('components')
    const listing = parse(stdout)

    expect([code, stderr]).toEqual([0, ''])
    expect(listing.receivers).toContainEqual({
      name: 'bomb',
      module: 'spanloom-receiver-bomb 1.2.3',
      plugin: at('spanloom-receiver-bomb'),
      stability: { traces: 'development' },
    })
    const named = (name: string, problem: string): object => ({ module: name, plugin: at(name), problem })
    expect(new Set(listing.unusable_plugins)).toEqual(
      new Set([
        named('@x/spanloom-receiver-otlp', 'it claims the receiver type "otlp", which is built in'),
        named('spanloom-receiver-a', 'another package claims the receiver type "twice", too'),
        named('spanloom-receiver-b', 'another package claims the receiver type "twice", too'),
        named('spanloom-receiver-lost', 'its entry ./dist/index.js does not exist'),
        named(
          'spanloom-receiver-future',
          'it needs version 2 of the plugin API, and spanloom 0.1.0 has version 1',
        ),
        named(
          'spanloom-receiver-plain',
          'its package.json has no section "spanloom", which tells what components it has',
        ),
      ]),
    )
  })

  it('says nothing of plugins where there are none', async () => {
    await using project = await projectOf({})

    expect((await project.run('components')).stdout).not.toContain('plugin')
  })
})

describe('schema', () => {
  it('knows installed plugins, and those that a configuration lists', { timeout: 30_000 }, async () => {
    await using project = await projectOf({
      ...installed('', 'acme'),
      'crane.mts': receiverCode('crane'),
      'pipeline.yaml': 'plugins: [./crane.mts]\nreceivers: { half: written }',
    })

    const { code, stdout, stderr } = await project.run('schema', '--config', project.path('pipeline.yaml'))
    const { properties, $defs: definitions } = JSON.parse(stdout)

    expect([code, stderr]).toEqual([0, ''])
    for (const type of ['acme', 'crane']) {
      expect(properties.receivers.properties[type]).toEqual({ $ref: `#/$defs/receiver.${type}` })
      expect(JSON.stringify(definitions[`receiver.${type}`])).toContain('"size"')
    }
  })

  it('goes on without what throws, and warns', { timeout: 30_000 }, async () => {
    await using project = await projectOf({
      ...bomb,
      'pipeline.yaml': 'plugins: [./crane.mts]',
      'crane.mts': 'export const schema = await 1',
    })

    const { code, stdout, stderr } = await project.run('schema', '--config', project.path('pipeline.yaml'))
    const { $defs: definitions } = JSON.parse(stdout)

    expect(code).toBe(0)
    expect(definitions['receiver.bomb']).toEqual({})
    expect(stderr).toContain(
      'Warning: any settings of the receiver "bomb" of spanloom-receiver-bomb are taken as right: it throws when it is loaded: Code that nothing names ran.',
    )
    expect(stderr).toContain('pipeline.yaml:1:11: plugins::0: cannot use the plugin ./crane.mts')
  })
})

describe('validate', () => {
  it('runs the code of named types only', async () => {
    await using project = await projectOf({
      ...bomb,
      ...installed('', 'acme'),
      'pipeline.yaml': pipelineWith(['acme/a', 'acme/b']),
    })

    expect(await project.run('validate', '--config', project.path('pipeline.yaml'))).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    })
  })

  it('checks settings with the plugin’s schema', async () => {
    await using project = await projectOf({
      ...installed('', 'acme'),
      'pipeline.yaml': pipelineWith(['acme']).replace('acme:', 'acme: { sise: 5 }'),
    })

    expect(await project.faults()).toMatchObject([
      { line: 2, column: 11, code: 'unknown_key', suggestion: 'size' },
    ])
  })

  it('tells a schema that is none', async () => {
    await using project = await projectOf({
      'crane.mjs': receiverCode('crane').replace(
        "{ type: 'object', properties: { size",
        "{ type: 'object', x: { size",
      ),
      'pipeline.yaml': pipelineWith(['crane'], ['./crane.mjs']).replace('crane:', 'crane: { size: 5 }'),
    })

    expect(await project.faults()).toMatchObject([
      {
        line: 4,
        column: 3,
        message: expect.stringContaining('the schema of the plugin ./crane.mjs, configured at'),
      },
    ])
  })
})

it('a package in a folder can be listed by its path', async () => {
  await using project = await projectOf({
    'work/acme/package.json': manifestOf('acme', [{ kind: 'receiver', type: 'acme', entry: './index.js' }]),
    'work/acme/index.js': receiverCode('acme'),
    'config/pipeline.yaml': pipelineWith(['acme'], ['../work/acme']),
  })

  expect((await project.load('config/pipeline.yaml')).receivers.get('acme')?.config).toEqual({ size: 7 })
})

it('what is listed wins over what is installed, so that a package can be worked on', async () => {
  await using project = await projectOf({
    ...installed('', 'acme'),
    'acme.mts': receiverCode('acme').replace('default: 7', 'default: 8'),
    'pipeline.yaml': pipelineWith(['acme'], ['./acme.mts']),
  })

  expect((await project.load()).receivers.get('acme')?.config).toEqual({ size: 8 })
})

it('of two packages with one type, the one that is listed is taken', async () => {
  await using project = await projectOf({
    ...installed('', 'acme'),
    ...installed('', 'acme', { name: '@b/spanloom-receiver-acme' }),
    'pipeline.yaml': pipelineWith(['acme'], ["'@b/spanloom-receiver-acme'"]),
  })

  expect((await project.load()).receivers.get('acme')?.plugin).toContain('@b/spanloom-receiver-acme 1.2.3')
})

it('profiles are those of receivers that are named or listed', async () => {
  const withProfile = (type: string): string =>
    receiverCode(type).replace('create:', `profiles: { ${type}: { defaultName: '${type}' } },\n  create:`)
  await using project = await projectOf({
    ...bomb,
    ...installed('', 'acme'),
    ...installed('', 'listed'),
    'node_modules/spanloom-receiver-acme/index.js': withProfile('acme'),
    'node_modules/spanloom-receiver-listed/index.js': withProfile('listed'),
    'crane.mts': withProfile('crane'),
    'pipeline.yaml': pipelineWith(['acme'], ['./crane.mts', 'spanloom-receiver-listed']),
  })
  const { registry } = await project.load()

  const names = await Promise.all(
    registry.entries
      .filter(({ origin }) => origin !== undefined)
      .map(async (entry) => Object.keys((await entry.profiles?.()) ?? {})),
  )

  expect(names.flat().toSorted()).toEqual(['acme', 'crane', 'listed'])
})

it('one file exports several components, and may be listed twice', async () => {
  await using project = await projectOf({
    'both.mts': `${receiverCode('crane')}export default craneReceiver
export const shipReceiver = defineReceiver({ ...craneReceiver, type: 'ship', create: craneReceiver.create })`,
    'pipeline.yaml': pipelineWith(['crane', 'ship'], ['./both.mts', './../$NAME/both.mts']),
  })
  const name = project.folder.split('/').at(-1) ?? ''
  await project.write({
    'pipeline.yaml': pipelineWith(['crane', 'ship'], ['./both.mts', `../${name}/both.mts`]),
  })

  expect([...(await project.load()).receivers.keys()]).toEqual(['crane', 'ship'])
})

it('a reload finds the same component, so that nothing restarts for nothing', async () => {
  await using project = await projectOf({
    ...installed('', 'acme'),
    'crane.mts': receiverCode('crane'),
    'pipeline.yaml': pipelineWith(['acme', 'crane'], ['./crane.mts']),
  })
  const source = project.source()

  const [before, after] = [await source.load(), await source.load()]

  for (const id of ['acme', 'crane'])
    expect(after.receivers.get(id)?.factory).toBe(before.receivers.get(id)?.factory)
})

it('a package that was updated is told at a reload, and its old code goes on', async () => {
  await using project = await projectOf({ ...installed('', 'acme'), 'pipeline.yaml': pipelineWith(['acme']) })
  const source = project.source()
  const before = await source.load()
  await project.write(installed('', 'acme', { manifest: { version: '2.0.0' } }))

  const after = await source.load()

  expect(before.warnings).toEqual([])
  expect(after.warnings).toMatchObject([{ line: 2, column: 3, code: 'plugin_changed' }])
  expect(after.receivers.get('acme')?.factory).toBe(before.receivers.get('acme')?.factory)
})

it('a program that runs a collector has the same plugins', async () => {
  await using project = await projectOf({
    'crane.mts': receiverCode('crane'),
    'pipeline.yaml': pipelineWith(['crane'], ['./crane.mts']),
  })
  const streams = { stdout: process.stdout, stderr: { write: () => true, on: () => undefined }, env: {} }
  const set = ['service.telemetry.metrics.level=none']

  await using handle = await runCollector({ config: project.path('pipeline.yaml'), set, streams })

  const crane = handle.collector.view.components().find(({ id }) => id === 'crane')
  expect(crane?.status.kind).toBe('OK')
})
