import { defineExtension, type ExtensionFactory } from '@spanloom/core'

import { checkMemoryLimiter, MemoryLimiter, memoryLimiterSchema } from './memory-limiter.ts'
import { processMemory } from './process-memory.ts'

/**
 * The limiter as a server's middleware: refuses requests before their body is read
 * (`collector-conventions.md` section 11.3).
 */
export const memoryLimiterExtension: ExtensionFactory = defineExtension({
  type: 'memory_limiter',
  stability: 'beta',
  offers: ['request_guard'],
  description: 'Refuses requests, before their body is read, while the process uses too much memory.',
  schema: memoryLimiterSchema,
  validate: checkMemoryLimiter,
  create({ config, telemetry, clock }) {
    const limiter = new MemoryLimiter(config, processMemory, clock, telemetry)
    let started = false
    return {
      requestGuard: limiter,
      start() {
        started = true
        limiter.start()
        return Promise.resolve()
      },
      shutdown() {
        if (started) limiter.stop()
        started = false
        return Promise.resolve()
      },
    }
  },
})
