import { type Component, type ConnectorFactory, defineConnector, type TracesConsumer } from '@spanloom/core'

/** Hands on what it gets, unchanged: joins pipelines into one or forks one into several. */
export const forwardConnector: ConnectorFactory = defineConnector({
  type: 'forward',
  stability: 'beta',
  description: 'Joins pipelines into one or forks one into several.',
  schema: { type: 'object', properties: {}, additionalProperties: false },
  create: ({ next }): Component & TracesConsumer => ({
    start: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
    async consumeTraces(traces, context) {
      if (traces.spanCount > 0) await next.consumeTraces(traces, context)
    },
  }),
})
