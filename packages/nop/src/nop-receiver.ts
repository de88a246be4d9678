import { type Component, defineReceiver, type ReceiverFactory } from '@spanloom/core'

/** Never receives anything: stands in for a receiver in a template or a test. */
export const nopReceiver: ReceiverFactory = defineReceiver({
  type: 'nop',
  stability: 'stable',
  description: 'Receives nothing.',
  schema: { type: 'object', properties: {}, additionalProperties: false },
  create: (): Component => ({
    start: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }),
})
