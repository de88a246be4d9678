import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { testExtensionContract } from '@spanloom/core/testing'
import { afterAll } from 'vitest'

import { fileStorageExtension } from '../src/index.ts'

const directory = mkdtempSync(join(tmpdir(), 'spanloom-storage-contract-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

testExtensionContract(fileStorageExtension, {
  config: { directory, min_free_disk: '1MiB' },
  async use({ storage }) {
    const file = await storage.open({ kind: 'exporter', id: 'otlp_grpc' })
    const ids = await file.queue.append([{ destination: 0, body: new Uint8Array(10_000), items: 1 }])
    await file.fragments.write({ append: [{ key: 'a', sequence: 1, bytes: new Uint8Array(100) }] })
    void file.queue.done(ids)
  },
})
