import {
  createRegistry,
  defineReceiver,
  entryOf,
  type PluginFinder,
  type PluginFindings,
  type RegistryEntry,
} from '@spanloom/core'
import { createComponent, testHost } from '@spanloom/core/testing'
import { expect, it } from 'vitest'

import { GatheredOutput } from './gathered-output.ts'
import { quietComponents } from './quiet-components.ts'

/** A receiver that must not start. */
const loud = (type: string): RegistryEntry =>
  entryOf(
    defineReceiver({
      type,
      stability: 'beta',
      schema: { type: 'object', properties: {} },
      create: () => ({
        start: () => Promise.reject(new Error('It started.')),
        shutdown: () => Promise.resolve(),
      }),
    }),
  )

const found: PluginFindings = {
  entries: [loud('acme')],
  faults: [],
  broken: [],
  advice: () => 'Install it.',
}
const finder: PluginFinder = { find: () => Promise.resolve(found) }

it('keeps receivers quiet, built in or not', async () => {
  const registry = createRegistry([loud('otlp')])
  const receiver = await loud('valuestream').load()
  if (receiver.kind !== 'receiver') throw new Error('It is a receiver.')

  const quiet = quietComponents({ registry, plugins: finder }, receiver, new GatheredOutput())
  const plugins = await quiet.plugins?.find({
    listed: [],
    missing: [],
    files: [],
    registry: quiet.registry,
    readFile: () => Promise.reject(new Error('There are no files.')),
  })

  for (const entry of [...quiet.registry.entries, ...(plugins?.entries ?? [])]) {
    const factory = await entry.load()
    if (factory.kind !== 'receiver') throw new Error('It is a receiver.')
    await expect(createComponent(factory, {}).start(testHost())).resolves.toBeUndefined()
  }
  expect(plugins?.entries).toHaveLength(1)
  expect(plugins?.advice('receiver', 'x')).toBe('Install it.')
})
