import { fakeClock, MemoryStorage, sampleTraces, testProcessorContract } from '@spanloom/core/testing'
import { Traces } from '@spanloom/core/traces'
import { cloudEventsProcessor } from '@spanloom/processor-cloudevents'
import { describe } from 'vitest'

import { consumer, producer } from './events.ts'

const input = Array.from({ length: 12 }, (_, number) => Traces.of([consumer(number), producer(number + 1)]))

describe('with spans that know no event', () => {
  testProcessorContract(cloudEventsProcessor, { config: {}, input: sampleTraces(12) })
})

describe('with spans that wait', () => {
  testProcessorContract(cloudEventsProcessor, { config: {}, input, holds: true, runMs: 6_000 })
})

describe('with spans that wait on a disk', () => {
  let storage = new MemoryStorage(fakeClock())
  testProcessorContract(cloudEventsProcessor, {
    config: { storage: 'memory_storage' },
    extensions: {
      memory_storage: {
        get storage() {
          return storage
        },
        start: () => Promise.resolve(),
        shutdown: () => Promise.resolve(),
      },
    },
    prepare: () => void (storage = new MemoryStorage(fakeClock())),
    input,
    holds: true,
    runMs: 6_000,
  })
})
