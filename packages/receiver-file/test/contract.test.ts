import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type ReceiverFactory, toOtlpJson, Traces } from '@spanloom/core'
import { sampleTraces, testReceiverContract } from '@spanloom/core/testing'
import { fileReceiver, otlpJsonFileReceiver } from '@spanloom/receiver-file'
import { afterAll, describe } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'spanloom-file-'))
let written = 0

afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** The receiver, but what it was to read goes with it, so that the next one finds nothing of it. */
function tidy(factory: ReceiverFactory): ReceiverFactory {
  return {
    ...factory,
    create(options) {
      const receiver = factory.create(options)
      return {
        start: (host) => receiver.start(host),
        async shutdown(signal) {
          await receiver.shutdown(signal)
          for (const name of readdirSync(folder)) rmSync(join(folder, name))
        },
      }
    },
  }
}

describe.each([
  [otlpJsonFileReceiver, { start_at: 'beginning' }],
  [fileReceiver, { follow: true }],
])('%#', (factory, settings) => {
  testReceiverContract(tidy(factory), {
    config: { include: [join(folder, '*.json')], ...settings },
    fetches: true,
    send(_receiver, event) {
      const [traces = Traces.empty] = sampleTraces(1, event)
      written += 1
      writeFileSync(join(folder, `${written}.json`), `${toOtlpJson(traces)}\n`)
      return Promise.resolve('accepted')
    },
  })
})
