import { defineExporter, type ExporterFactory } from '@spanloom/core'

/** Takes everything and sends it nowhere: measures what the rest of a pipeline costs. */
export const nopExporter: ExporterFactory = defineExporter({
  type: 'nop',
  stability: 'stable',
  description: 'Takes everything and sends it nowhere.',
  schema: { type: 'object', properties: {}, additionalProperties: false },
  create: () => ({ exportTraces: () => Promise.resolve() }),
})
