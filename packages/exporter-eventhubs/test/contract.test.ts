import { gunzipSync } from 'node:zlib'

import { parseOtlpJson, Traces } from '@spanloom/core'
import { testExporterContract } from '@spanloom/core/testing'
import { describe } from 'vitest'

import { defineAzureEventHubExporter } from '../src/azure-event-hub-exporter.ts'
import { MemoryHub } from './memory-producer.ts'

const connection =
  'Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=n;SharedAccessKey=c2VjcmV0;EntityPath=hub'

describe.each([
  ['otlp_proto', 'none'],
  ['otlp_json', 'gzip'],
])('%s with %s', (encoding, compression) => {
  let hub = new MemoryHub()
  testExporterContract(
    defineAzureEventHubExporter(() => hub.producer()),
    {
      exact: encoding === 'otlp_proto',
      open() {
        const own = (hub = new MemoryHub())
        return Promise.resolve({
          config: { connection, encoding, compression },
          spans: () =>
            own.events.flatMap(({ body, properties }) => {
              const plain = properties?.['content-encoding'] === 'gzip' ? gunzipSync(body) : body
              return [
                ...(encoding === 'otlp_json' ? parseOtlpJson(plain) : Traces.fromProtobuf(plain)).spans(),
              ]
            }),
          treat: (decide) => (own.decide = decide),
          close: () => Promise.resolve(),
        })
      },
    },
  )
})
