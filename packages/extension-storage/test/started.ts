import { type Clock, systemClock } from '@spanloom/core'
import { createComponent, testHost, testTelemetry, type TestTelemetry } from '@spanloom/core/testing'
import { onTestFinished } from 'vitest'

import type { FileStorage } from '../src/file-storage.ts'
import { fileStorageExtension } from '../src/index.ts'

export interface Started {
  readonly extension: FileStorage
  readonly telemetry: TestTelemetry
}

/** A running extension; it is shut down when the test ends. */
export async function started(
  settings: Readonly<Record<string, unknown>>,
  { clock = systemClock, telemetry = testTelemetry() }: { clock?: Clock; telemetry?: TestTelemetry } = {},
): Promise<Started> {
  const extension = createComponent(
    fileStorageExtension,
    { min_free_disk: 0, ballast: 0, ...settings },
    { clock, telemetry },
  )
  await extension.start(testHost())
  onTestFinished(() => extension.shutdown(AbortSignal.timeout(5_000)))
  return { extension, telemetry }
}
