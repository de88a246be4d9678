import { systemClock } from '@spanloom/core'
import { createComponent, testHost } from '@spanloom/core/testing'
import { expect, it, vi } from 'vitest'

import { ThreadClient } from '../src/client/thread-client.ts'
import { fileStorageExtension } from '../src/index.ts'
import { temporaryFolder } from './setup.ts'

it.each([
  [{}, undefined, false],
  [{}, true, true],
  [{}, false, false],
  [{ fsync: true }, undefined, true],
  [{ fsync: true }, false, true],
])(
  'an owner may ask for more than the storage is set to, never for less: %j, %s',
  async (more, fsync, expected) => {
    const request = vi.spyOn(ThreadClient.prototype, 'request')
    const extension = createComponent(
      fileStorageExtension,
      { directory: temporaryFolder(), min_free_disk: 0, ballast: 0, ...more },
      { clock: systemClock },
    )
    await extension.start(testHost())
    try {
      const owner = { kind: 'exporter', id: 'webhook', ...(fsync === undefined ? {} : { fsync }) } as const
      await (await extension.storage.open(owner)).close()
      const messages = request.mock.calls
        .map(([job]) => job)
        .filter(({ takes, bytes }) => !takes && bytes === 0)
      const opened = messages.map((job) => job.build((bytes) => bytes)).find(({ kind }) => kind === 'open')
      expect(opened).toMatchObject({ options: { fsync: expected } })
    } finally {
      request.mockRestore()
      await extension.shutdown(AbortSignal.timeout(5_000))
    }
  },
)
