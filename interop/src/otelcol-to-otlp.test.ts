import { Traces } from '@spanloom/core/traces'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { freeAddress } from './free-port.ts'
import { findOtelcol } from './otelcol-binary.ts'
import { startOtelcol } from './otelcol.ts'
import { commonWays, otlpWay, receiverOf, senderOf } from './otlp-ways.ts'
import { overHttp, pipelines } from './pipelines.ts'
import { wholeSpans } from './plain-spans.ts'
import type { RunningProcess } from './process.ts'
import { everyField, everyFieldTraces, oddTraces } from './sample-document.ts'
import { sendJson, sendProtobuf } from './send-traces.ts'
import { addressOf, startSpanloom } from './spanloom.ts'
import { temporaryFolder, tracesIn, waitForSpans } from './trace-files.ts'
import { withPeer } from './vitest.ts'

const otelcol = await findOtelcol()

/** Compressions that we do not have (DIF-13). */
const unknownWays = [
  otlpWay('otlp_grpc/zstd', { compression: 'zstd' }),
  otlpWay('otlp_grpc/snappy', { compression: 'snappy' }),
  otlpWay('otlp_http/snappy', { compression: 'snappy' }),
  otlpWay('otlp_http/lz4', { compression: 'lz4' }),
]
const ways = [...commonWays, ...unknownWays]

const odd = oddTraces(3)
const sent = wholeSpans(Traces.concat([everyFieldTraces, odd]))

describe('the exporters of a Collector', { timeout: 30_000 }, () => {
  withPeer('otelcol', otelcol, (binary) => {
    const resources = new AsyncDisposableStack()
    const folder = resources.use(temporaryFolder())
    const listening = new Map<string, string>()
    let collector: RunningProcess
    let spanloom: RunningProcess

    beforeAll(async () => {
      const dir = folder.path
      for (const { name } of ways) listening.set(name, await freeAddress())
      spanloom = resources.use(await startSpanloom({ dir, config: configOfOurs() }))
      const config = JSON.stringify(configOfTheirs(listening, spanloom))
      collector = resources.use(await startOtelcol({ binary, dir, config }))
    }, 60_000)

    afterAll(() => resources.disposeAsync())

    test.each(commonWays)('$name lose nothing on the way to us', async ({ name, file }) => {
      const address = listening.get(name) ?? ''
      expect(await sendJson(address, JSON.stringify(everyField))).toBe(200)
      expect(await sendProtobuf(address, odd.toProtobuf())).toBe(200)

      const arrived = await waitForSpans(folder.file(file), sent.length)

      expect(wholeSpans(arrived)).toEqual(sent)
    })

    test.each(unknownWays)('$name are told at once what we do not know', async ({ name, protocol }) => {
      expect(await sendJson(listening.get(name) ?? '', JSON.stringify(everyField))).toBe(200)

      const { input } = await collector.waitForLine(new RegExp(`Exporting failed.*"${name}"`))

      const compression = name.slice(name.indexOf('/') + 1)
      expect(input).toContain('not retryable error')
      expect(input).toContain(
        protocol === 'GRPC'
          ? String.raw`code = Unimplemented desc = Received message compressed with unsupported encoding \"${compression}\"`
          : `HTTP Status Code 400, Message=unsupported Content-Encoding: ${compression}`,
      )
    })

    test('both end well, and nothing came twice', async () => {
      expect(await collector.stop()).toEqual({ code: 0, signal: null })
      expect(await spanloom.stop()).toEqual({ code: 0, signal: null })
      const files = await Promise.all(ways.map(({ file }) => tracesIn(folder.file(file))))
      expect(files.map(({ spanCount }) => spanCount)).toEqual([
        ...commonWays.map(() => sent.length),
        ...unknownWays.map(() => 0),
      ])
    })
  })
})

function configOfOurs(): object {
  const all = ways.map((way) => {
    const to = { [`file/${way.name}`]: { path: way.file } }
    return [way.name, { from: receiverOf(way), to }] as const
  })
  return pipelines(Object.fromEntries(all))
}

function configOfTheirs(listening: ReadonlyMap<string, string>, spanloom: RunningProcess): object {
  const all = ways.map((way) => {
    const from = { [`otlp/${way.name}`]: overHttp(listening.get(way.name)) }
    const destination = addressOf(spanloom, `otlp/${way.name}`, way.protocol)
    return [way.name, { from, to: senderOf(way, destination) }] as const
  })
  return pipelines(Object.fromEntries(all))
}
