import { createHash } from 'node:crypto'

import {
  dataParser,
  defineReceiver,
  type HttpSource,
  httpServerSettings,
  httpSource,
  httpSourceSettings,
  type ReceiverFactory,
  span,
  Traces,
} from '@spanloom/core'

const parseMoves = dataParser({
  type: 'array',
  items: {
    type: 'object',
    properties: {
      id: { type: 'string' },
      container: { type: 'string' },
      lifted: { type: 'string' },
      dropped: { type: 'string' },
    },
    required: ['id', 'container', 'lifted', 'dropped'],
  },
})

/** All moves of one container share a trace, so that its way through the terminal is one picture. */
function toTraces(body: unknown, terminal: string): Traces {
  return Traces.of(
    parseMoves(body).map(({ id, container, lifted, dropped }) =>
      span({
        traceId: digest(`${terminal} ${container}`, 32),
        spanId: digest(id, 16),
        name: 'crane move',
        startTime: new Date(lifted),
        endTime: new Date(dropped),
        attributes: { 'crane.terminal': terminal, 'crane.container': container },
      }),
    ),
  )
}

const digest = (text: string, length: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, length)

/** Receives the moves that the cranes of a container terminal post, one span for each. */
export const craneReceiver: ReceiverFactory<HttpSource> = defineReceiver({
  type: 'crane',
  stability: 'development',
  description: 'Moves of the cranes of a container terminal.',
  schema: {
    type: 'object',
    properties: {
      ...httpServerSettings,
      ...httpSourceSettings,
      endpoint: { ...httpServerSettings.endpoint, default: 'localhost:9000' },
      terminal: { type: 'string', minLength: 1, description: 'Becomes the attribute `crane.terminal`.' },
    },
    required: ['terminal'],
  },
  create: (options) =>
    httpSource(options, async (request) => {
      await options.next.consumeTraces(toTraces(request.json(), options.config.terminal), request.context)
    }),
})
