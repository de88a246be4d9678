import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

import { createCollector, loadConfig } from '@spanloom/core'
import { describe, expect, it } from 'vitest'

import { componentReference } from '../src/docs/component-reference.ts'
import { defaultRegistry } from '../src/registry.ts'

const repository = fileURLToPath(new URL('../../../', import.meta.url))
const pages = [
  'README.md',
  ...readdirSync(join(repository, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) =>
    join('docs', name),
  ),
  ...readdirSync(join(repository, 'packages')).map((name) => join('packages', name, 'README.md')),
].filter((name) => name.endsWith('.md'))

interface Block {
  readonly page: string
  readonly line: number
  readonly text: string
}

/** Every fenced YAML block of the documentation. */
const blocks: readonly Block[] = pages.flatMap((page) => {
  const text = readFileSync(join(repository, page), 'utf8')
  return [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map((match) => ({
    page,
    line: text.slice(0, match.index).split('\n').length,
    text: match[1] ?? '',
  }))
})

/** What a block leaves out is added around it, so that a block may show one section only. */
const surroundings = [
  'yaml:receivers: { nop: }',
  'yaml:exporters: { nop: }',
  'yaml:service: { pipelines: { traces: { receivers: [nop], exporters: [nop] } } }',
]

describe('YAML in the documentation', () => {
  it('is found', () => {
    expect(blocks.length).toBeGreaterThan(8)
  })

  it.each(blocks.map((block) => [`${relative('', block.page)}:${block.line}`, block.text]))(
    '%s is a pipeline that can be built',
    async (_place, text) => {
      const whole = /^service:/m.test(text)
      const config = await loadConfig({
        sources: [...(whole ? [] : surroundings), `yaml:${text}`],
        registry: defaultRegistry,
        env: {},
        readFile: () => Promise.reject(new Error('The documentation names no files.')),
        fetch: () => Promise.reject(new Error('The documentation names no addresses.')),
      })
      const collector = await createCollector({
        config,
        registry: defaultRegistry,
        build: { command: 'spanloom', version: '0.0.0' },
        buildOnly: true,
      })
      const { failures } = await collector.shutdown(AbortSignal.timeout(1000))
      expect(failures).toEqual([])
    },
  )
})

it('the reference page is up to date (pnpm docs writes it)', async () => {
  const written = readFileSync(join(repository, 'docs/reference/components.md'), 'utf8')
  expect(written).toBe(await componentReference(defaultRegistry))
})
