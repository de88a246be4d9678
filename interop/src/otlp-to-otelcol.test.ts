import { Traces } from '@spanloom/core/traces'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { freeAddress } from './free-port.ts'
import { findOtelcol } from './otelcol-binary.ts'
import { startOtelcol } from './otelcol.ts'
import { commonWays, otlpWay, receiverOf, senderOf } from './otlp-ways.ts'
import { overHttp, pipelines, promptFile } from './pipelines.ts'
import { wholeSpans } from './plain-spans.ts'
import type { RunningProcess } from './process.ts'
import { everyField, everyFieldTraces, oddTraces } from './sample-document.ts'
import { sendJson, sendProtobuf } from './send-traces.ts'
import { addressOf, startSpanloom } from './spanloom.ts'
import { temporaryFolder, tracesIn, waitForSpans } from './trace-files.ts'
import { withPeer } from './vitest.ts'

const otelcol = await findOtelcol()

const batch = { min_size: 50, max_size: 100, flush_timeout: '50ms' }
const ways = [...commonWays, otlpWay('otlp_grpc/batched', { sending_queue: { batch } })]

const odd = oddTraces(2)
const sent = wholeSpans(Traces.concat([everyFieldTraces, odd]))

describe('our exporters', { timeout: 30_000 }, () => {
  withPeer('otelcol', otelcol, (binary) => {
    const resources = new AsyncDisposableStack()
    const folder = resources.use(temporaryFolder())
    let collector: RunningProcess
    let spanloom: RunningProcess

    beforeAll(async () => {
      const dir = folder.path
      const listening = new Map<string, string>()
      for (const { name } of ways) listening.set(name, await freeAddress())
      collector = resources.use(
        await startOtelcol({ binary, dir, config: JSON.stringify(configOfTheirs(listening)) }),
      )
      spanloom = resources.use(await startSpanloom({ dir, config: configOfOurs(listening) }))
    }, 60_000)

    afterAll(() => resources.disposeAsync())

    test.each(ways)('$name lose nothing on the way to a Collector', async ({ name, file }) => {
      const address = addressOf(spanloom, `otlp/${name}`, 'HTTP')
      expect(await sendJson(address, JSON.stringify(everyField))).toBe(200)
      expect(await sendProtobuf(address, odd.toProtobuf())).toBe(200)

      const arrived = await waitForSpans(folder.file(file), sent.length)

      expect(wholeSpans(arrived)).toEqual(sent)
    })

    test('both end well, and nothing came twice', async () => {
      expect(await spanloom.stop()).toEqual({ code: 0, signal: null })
      expect(await collector.stop()).toEqual({ code: 0, signal: null })
      const files = await Promise.all(ways.map(({ file }) => tracesIn(folder.file(file))))
      expect(files.map(({ spanCount }) => spanCount)).toEqual(ways.map(() => sent.length))
    })
  })
})

function configOfOurs(listening: ReadonlyMap<string, string>): object {
  const all = ways.map((way) => {
    const from = { [`otlp/${way.name}`]: overHttp() }
    return [way.name, { from, to: senderOf(way, listening.get(way.name)) }] as const
  })
  return pipelines(Object.fromEntries(all))
}

function configOfTheirs(listening: ReadonlyMap<string, string>): object {
  const all = ways.map((way) => {
    const to = { [`file/${way.name}`]: promptFile(way.file) }
    return [way.name, { from: receiverOf(way, listening.get(way.name)), to }] as const
  })
  return pipelines(Object.fromEntries(all))
}
