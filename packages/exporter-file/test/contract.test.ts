import { testExporterContract } from '@spanloom/core/testing'
import { fileExporter } from '@spanloom/exporter-file'
import { describe } from 'vitest'

import { temporaryFolder } from './folder.ts'
import { storedSpans } from './stored.ts'

describe.each([
  { format: 'json', compression: 'none' },
  { format: 'proto', compression: 'none' },
  { format: 'json', compression: 'zstd' },
  { format: 'proto', compression: 'zstd' },
])('as $format with compression $compression', (form) => {
  testExporterContract(fileExporter, {
    canFail: false,
    async open() {
      const folder = await temporaryFolder()
      const path = folder.file('traces.out')
      return {
        config: { path, ...form },
        spans: () => storedSpans(path),
        close: () => folder[Symbol.asyncDispose](),
      }
    },
  })
})
