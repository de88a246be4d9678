import { describe, expect, it } from 'vitest'

import { createRegistry } from '../component/registry.ts'
import { fakeClock } from '../testing/fake-clock.ts'
import { ConfigSource } from './config-source.ts'

function setUp(files: Record<string, string>, sources = ['main.yaml']) {
  const clock = fakeClock()
  const reads: string[] = []
  const source = new ConfigSource({
    sources,
    registry: createRegistry([]),
    env: {},
    readFile(path) {
      reads.push(path)
      const text = files[path]
      return text === undefined ? Promise.reject(new Error('ENOENT')) : Promise.resolve(Buffer.from(text))
    },
    fetch: () => Promise.reject(new Error('offline')),
  })
  let changes = 0
  return {
    clock,
    files,
    source,
    reads,
    changes: () => changes,
    // What is in these files is no configuration; they are read all the same.
    load: () => source.load().catch(() => undefined),
    watch: () => source.watch(() => changes++, clock),
  }
}

describe('watching', () => {
  it('tells of a change once two looks have seen the same', async () => {
    const { clock, files, load, watch, changes } = setUp({ 'main.yaml': 'a: 1' })
    await load()
    watch()

    await clock.advance(5000)
    expect(changes()).toBe(0)
    files['main.yaml'] = 'a: '
    await clock.advance(500)
    files['main.yaml'] = 'a: 2'
    await clock.advance(500)
    expect(changes()).toBe(0)
    await clock.advance(500)
    expect(changes()).toBe(1)
    await clock.advance(5000)
    expect(changes()).toBe(1)
  })

  it('sees what changed between the loading and the first look', async () => {
    const { clock, files, load, watch, changes } = setUp({ 'main.yaml': 'a: 1' })
    await load()
    files['main.yaml'] = 'a: 2'
    watch()
    await clock.advance(1000)
    expect(changes()).toBe(1)
  })

  it('bears a file that is away while it is replaced', async () => {
    const { clock, files, load, watch, changes } = setUp({ 'main.yaml': 'a: 1' })
    await load()
    watch()
    delete files['main.yaml']
    await clock.advance(500)
    files['main.yaml'] = 'a: 1'
    await clock.advance(5000)
    expect(changes()).toBe(0)
  })

  it('looks at every file that a configuration names, also at one that is missing', async () => {
    const { clock, files, load, watch, changes } = setUp({
      'main.yaml': 'receivers: { nop: { x: "${file:secret}" } }',
    })
    await load()
    watch()
    files['secret'] = 'now there'
    await clock.advance(1000)
    expect(changes()).toBe(1)
  })

  it('tells of a change back', async () => {
    const { clock, files, load, watch, changes } = setUp({ 'main.yaml': 'a: 1' })
    await load()
    watch()
    files['main.yaml'] = 'a: 2'
    await clock.advance(1000)
    files['main.yaml'] = 'a: 1'
    await clock.advance(1000)
    expect(changes()).toBe(2)
  })

  it('does not mistake its own reload for a change', async () => {
    const { clock, files, load, watch, changes } = setUp({ 'main.yaml': 'a: 1' })
    await load()
    watch()
    files['main.yaml'] = 'a: 2'
    await clock.advance(500)
    await load()
    await clock.advance(5000)
    expect(changes()).toBe(0)
  })

  it('ends', async () => {
    const { clock, files, load, watch, changes } = setUp({ 'main.yaml': 'a: 1' })
    await load()
    const unwatch = watch()
    unwatch()
    files['main.yaml'] = 'a: 2'
    await clock.advance(5000)
    expect(changes()).toBe(0)
    expect(clock.pending).toBe(0)
  })
})
