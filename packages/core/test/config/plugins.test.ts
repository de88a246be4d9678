import { describe, expect, it } from 'vitest'

import {
  createRegistry,
  defineReceiver,
  entryOf,
  printConfig,
  type PluginFinder,
  type PluginFindings,
  type PluginRequest,
} from '../../src/index.ts'
import { base, faultsOf, load, registry } from './load.ts'

const idle = { start: () => Promise.resolve(), shutdown: () => Promise.resolve() }
const crane = entryOf(
  defineReceiver({
    type: 'crane',
    stability: 'beta',
    schema: { type: 'object', properties: { terminal: { type: 'string', default: 'north' } } } as const,
    create: () => idle,
  }),
  'spanloom-receiver-crane',
  '1.0.0',
)

const nothing: PluginFindings = { entries: [], faults: [], broken: [], advice: () => undefined }

/** A finder that records what it is asked. */
function finder(found: Partial<PluginFindings> = {}) {
  const asked: PluginRequest[] = []
  const plugins: PluginFinder = {
    find(request) {
      asked.push(request)
      return Promise.resolve({ ...nothing, ...found })
    },
  }
  return { asked, plugins }
}

const withCrane = base
  .replace('  otlp:', '  crane/a:\n  crane/b:\n  otlp:')
  .replace('[otlp]', '[otlp, crane/a]')

describe('plugins', () => {
  it('are not looked for when everything is built in', async () => {
    const { asked, plugins } = finder()

    const config = await load({ files: { 'c.yaml': base }, plugins })

    expect(asked).toEqual([])
    expect(config.registry).toBe(registry)
  })

  it('are looked for when a type is not', async () => {
    const { asked, plugins } = finder({ entries: [{ ...crane, origin: '/x' }] })

    const config = await load({ files: { 'd/c.yaml': withCrane }, plugins })

    expect(asked).toMatchObject([
      { listed: [], missing: [{ kind: 'receiver', type: 'crane' }], files: ['d/c.yaml'] },
    ])
    expect(config.receivers.get('crane/a')).toMatchObject({
      config: { terminal: 'north' },
      plugin: 'the plugin spanloom-receiver-crane 1.0.0 in /x, configured at d/c.yaml:3:3',
    })
    expect(config.registry.find('receiver', 'crane')).toBeDefined()
  })

  it('that are listed are told with the file that lists them; lists add up', async () => {
    const { asked, plugins } = finder()

    const config = await load({
      files: { 'a/c.yaml': `plugins: [./x.mts]\n${base}`, 'b/d.yaml': 'plugins: [./y.mts, "${env:Z}"]' },
      sources: ['a/c.yaml', 'b/d.yaml', 'yaml:plugins: [w]'],
      env: { Z: 'z' },
      plugins,
    })

    expect(asked[0]?.listed).toEqual([
      { name: './x.mts', listedIn: 'a/c.yaml' },
      { name: './y.mts', listedIn: 'b/d.yaml' },
      { name: 'z', listedIn: 'b/d.yaml' },
      { name: 'w', listedIn: undefined },
    ])
    expect(printConfig(config, { format: 'json', mode: 'redacted' })).toContain('"./x.mts"')
    expect(printConfig(await load(base), { format: 'json', mode: 'redacted' })).not.toContain('plugins')
  })

  it('that are at fault are told at their place, and nothing that follows from it', async () => {
    const { plugins } = finder({
      faults: [{ index: 1, code: 'plugin_unusable', message: 'It throws.', suggestion: 'Mend it.' }],
    })

    expect(
      await faultsOf({ files: { 'c.yaml': `plugins:\n  - 7\n  - ./a\n  - ./b\n${withCrane}` }, plugins }),
    ).toMatchObject([
      { line: 2, column: 5, code: 'wrong_type' },
      { line: 4, column: 5, code: 'plugin_unusable', suggestion: 'Mend it.', path: ['plugins', 2] },
    ])
  })

  it('that have changed since their code was loaded are told once, where they are used', async () => {
    const { plugins } = finder({ entries: [{ ...crane, origin: '/x', isStale: () => true }] })

    const { warnings } = await load({
      files: { 'c.yaml': withCrane.replace('crane/a]', 'crane/a, crane/b]') },
      plugins,
    })

    expect(warnings).toMatchObject([
      {
        line: 3,
        column: 3,
        code: 'plugin_changed',
        message: 'the plugin spanloom-receiver-crane has changed since its code was loaded',
      },
    ])
  })

  it('that nobody has are told with advice', async () => {
    const { plugins } = finder({ advice: (kind, type) => `Get the ${kind} ${type}.` })

    expect(await faultsOf({ files: { 'c.yaml': withCrane }, plugins })).toMatchObject([
      { code: 'unknown_type', suggestion: 'Get the receiver crane.' },
      { code: 'unknown_type', suggestion: 'Get the receiver crane.' },
    ])
  })

  it('that cannot be loaded are told with what to do', async () => {
    const error = Object.assign(new Error('it is too old'), { hint: 'Update the plugin.' })
    const { plugins } = finder({ entries: [{ ...crane, load: () => Promise.reject(error) }] })

    const faults = await faultsOf({ files: { 'c.yaml': withCrane }, plugins })

    expect(faults[0]).toMatchObject({
      line: 3,
      column: 3,
      code: 'component_not_loaded',
      message: 'cannot load the receiver "crane" of spanloom-receiver-crane: it is too old',
      suggestion: 'Update the plugin.',
    })
  })

  it('are an unknown type for who has no finder', async () => {
    expect(await faultsOf(withCrane)).toMatchObject([{ code: 'unknown_type' }, { code: 'unknown_type' }])
    expect(createRegistry([crane]).find('receiver', 'crane')).toBeDefined()
  })
})
