import { readFile } from 'node:fs/promises'

import { expect, test } from 'vitest'

import { buildInfo, defaultRegistry } from '../src/index.ts'

test.each(defaultRegistry.entries.map((entry) => [`${entry.kind} ${entry.type}`, entry] as const))(
  'the entry of %s says what its factory says',
  async (_, entry) => {
    const { kind, type, stability } = await entry.load()
    expect({ kind, type, stability }).toEqual({
      kind: entry.kind,
      type: entry.type,
      stability: entry.stability,
    })
  },
)

test('the version is that of the package', async () => {
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))
  expect(buildInfo.version).toBe(version)
})

test('deprecated aliases are found (CFG-24)', () => {
  expect(defaultRegistry.find('exporter', 'otlphttp')?.type).toBe('otlp_http')
  expect(defaultRegistry.find('exporter', 'otlp')?.type).toBe('otlp_grpc')
  expect(defaultRegistry.find('extension', 'healthcheckv2')?.type).toBe('health_check')
})

test('profiles are there without the receiver', async () => {
  const profiles = await defaultRegistry.find('receiver', 'invictus')?.profiles?.()
  expect(Object.keys(profiles ?? {})).not.toEqual([])
})
