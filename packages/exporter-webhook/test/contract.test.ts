import { parseOtlpJson, type Span } from '@spanloom/core'
import { testExporterContract } from '@spanloom/core/testing'

import { webhookExporter } from '../src/index.ts'
import { hookReceiver } from './hook-receiver.ts'

// What a destination says is not for the sender's ears: the outbox has taken the span by then.
testExporterContract(webhookExporter, {
  canFail: false,
  async open() {
    const hooks = await hookReceiver()
    return {
      config: {
        allow_networks: ['127.0.0.0/8'],
        endpoints: [
          {
            name: 'all',
            url: hooks.url,
            subscriptions: [{ event_type: '**' }],
            body: 'full',
            max_body_size: 1_000_000,
            max_in_flight: 32,
          },
        ],
      },
      spans: () =>
        hooks.hooks.flatMap(({ body }): readonly Span[] => {
          const { data } = JSON.parse(body) as { data: unknown }
          return [...parseOtlpJson(JSON.stringify(data)).spans()]
        }),
      close: async () => hooks[Symbol.asyncDispose](),
    }
  },
})
