import { join, normalize } from 'node:path'

import type { StorageOwner } from '@spanloom/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'

import { describeOwner, fileNameOf } from './file-name.ts'

it.each<[StorageOwner, string]>([
  [{ kind: 'exporter', id: 'otlp_http' }, 'exporter_otlp_http.db'],
  [{ kind: 'exporter', id: 'otlp_http/backend-1.eu' }, 'exporter_otlp_http_backend-1.eu.db'],
  [
    { kind: 'processor', id: 'span_assembly/a', pipeline: 'traces/b' },
    'processor_span_assembly_a_traces_b.db',
  ],
  [{ kind: 'exporter', id: 'otlp/../../etc' }, 'exporter_otlp_..~002f..~002fetc.db'],
  [{ kind: 'exporter', id: 'otlp/a b~ü😀' }, 'exporter_otlp_a~0020b~007e~00fc~d83d~de00.db'],
])('the file of %j is %s', (owner, name) => {
  expect(fileNameOf(owner)).toBe(name)
})

it('stays in its folder whatever the id is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
      const file = fileNameOf({ kind: 'exporter', id: `otlp/${name}` })
      expect(file).toMatch(/^[\w.~-]+$/)
      expect(file.length).toBeLessThan(200)
      expect(normalize(join('/data', file))).toBe(`/data/${file}`)
    }),
  )
})

it('gives different names to long ids that begin alike', () => {
  const [a, b] = ['a', 'b'].map((end) =>
    fileNameOf({ kind: 'exporter', id: `otlp/${'x'.repeat(1_000)}${end}` }),
  )
  expect(a).not.toBe(b)
})

it('names a processor with its pipeline', () => {
  expect(describeOwner({ kind: 'processor', id: 'a/b', pipeline: 'traces' })).toBe(
    'processor a/b in pipeline traces',
  )
})
