import { defineProcessor, type ProcessorFactory, statelessProcessor } from '@spanloom/core'

import { createRedactor } from './redactor.ts'
import { checkRedaction, redactionOptions, redactionSettings } from './settings.ts'

/** Lets out only what rules allow (`orchest.md` section 5). */
export const redactionProcessor: ProcessorFactory = defineProcessor({
  type: 'redaction',
  stability: 'beta',
  description: 'Removes, hashes and coarsens whatever no rule allows to leave; fail-closed.',
  schema: { type: 'object', properties: redactionSettings, additionalProperties: false },
  validate: checkRedaction,
  create({ id, config, next, telemetry }) {
    const redactor = createRedactor(redactionOptions(config))
    const attributes = telemetry.meter.createCounter('otelcol_processor_redaction_attributes', {
      description: 'Attributes by what became of them.',
      unit: '{attribute}',
    })
    return statelessProcessor(
      next,
      (traces) => {
        const counts = { kept: 0, changed: 0, dropped: 0, error: 0 }
        const redacted = redactor.redact(traces, ({ fate }) => counts[fate]++)
        for (const [fate, count] of Object.entries(counts)) {
          if (count > 0) attributes.add(count, { processor: id, fate })
        }
        return redacted
      },
      (spans) => {
        telemetry.accounting.dropped(spans, 'redaction_failed')
        telemetry.logger.warn('Spans could not be redacted and were dropped.', { spans })
      },
    )
  },
})
