import { defineProcessor, type ProcessorFactory } from '@spanloom/core'

import { checkMemoryLimiter, MemoryLimiter, memoryLimiterSchema } from './memory-limiter.ts'
import { processMemory } from './process-memory.ts'

/** Refuses data while the process uses too much memory (`collector-conventions.md` section 9.1). */
export const memoryLimiterProcessor: ProcessorFactory = defineProcessor({
  type: 'memory_limiter',
  stability: 'beta',
  description: 'Refuses data while the process uses too much memory.',
  schema: memoryLimiterSchema,
  validate: checkMemoryLimiter,
  create({ config, next, telemetry, clock, shared, id }) {
    const limiter = shared(() => new MemoryLimiter(config, processMemory, clock, telemetry))
    const attributes = { processor: id }
    const accepted = telemetry.meter.createCounter('otelcol_processor_memory_limiter_accepted_spans', {
      unit: '{span}',
    })
    const refused = telemetry.meter.createCounter('otelcol_processor_memory_limiter_refused_spans', {
      unit: '{span}',
    })
    accepted.add(0, attributes)
    refused.add(0, attributes)
    let started = false
    return {
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
      async consumeTraces(traces, context) {
        if (traces.spanCount === 0) return
        try {
          limiter.admit()
        } catch (error) {
          refused.add(traces.spanCount, attributes)
          throw error
        }
        accepted.add(traces.spanCount, attributes)
        await next.consumeTraces(traces, context)
      },
    }
  },
})
