import { once } from 'node:events'
import { createServer } from 'node:http'

import { Traces, TracesBuilder } from '@spanloom/core/traces'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { freeAddress } from './free-port.ts'
import { findOtelcol } from './otelcol-binary.ts'
import { startOtelcol } from './otelcol.ts'
import { otlpWay, receiverOf, senderOf } from './otlp-ways.ts'
import { overHttp, pipelines, promptFile } from './pipelines.ts'
import { wholeSpans } from './plain-spans.ts'
import type { RunningProcess } from './process.ts'
import { everyField, everyFieldTraces } from './sample-document.ts'
import { sendJson, sendProtobuf } from './send-traces.ts'
import { addressOf, startSpanloom } from './spanloom.ts'
import { type TemporaryFolder, temporaryFolder, tracesIn, waitForSpans } from './trace-files.ts'
import { withPeer } from './vitest.ts'

const otelcol = await findOtelcol()
const protocols = ['otlp_grpc', 'otlp_http'] as const
const impatient = { initial_interval: '50ms', max_interval: '100ms' }
const limited = { memory_limiter: { check_interval: '10ms', limit_mib: 1 } }
const sent = wholeSpans(everyFieldTraces)

describe('our exporters', { timeout: 30_000 }, () => {
  withPeer('otelcol', otelcol, (binary) => {
    let resources: AsyncDisposableStack
    let folder: TemporaryFolder

    beforeEach(() => {
      resources = new AsyncDisposableStack()
      folder = resources.use(temporaryFolder())
    })
    afterEach(() => resources.disposeAsync())

    const startTheirs = async (config: object): Promise<RunningProcess> =>
      resources.use(await startOtelcol({ binary, dir: folder.path, config: JSON.stringify(config) }))
    const startOurs = async (config: object): Promise<RunningProcess> =>
      resources.use(await startSpanloom({ dir: folder.path, config }))

    test.each(protocols)(
      '%s keep trying while a Collector is short of memory, then dead, and lose nothing',
      async (name) => {
        const way = otlpWay(name, { retry_on_failure: impatient })
        const address = await freeAddress()
        const theirs = (through: object): object => {
          const to = { file: promptFile('arrived.json') }
          return pipelines({ all: { from: receiverOf(way, address), through: { ...through }, to } })
        }
        const refusing = await startTheirs(theirs(limited))
        const spanloom = await startOurs(
          pipelines({ all: { from: { otlp: overHttp() }, to: senderOf(way, address) } }),
        )
        const document = JSON.stringify(everyField)

        expect(await sendJson(addressOf(spanloom, 'otlp', 'HTTP'), document)).toBe(200)
        await spanloom.waitForLine(/Will retry.*data refused due to high memory usage/)
        await refusing.stop()
        expect((await tracesIn(folder.file('arrived.json'))).spanCount).toBe(0)
        expect(await sendJson(addressOf(spanloom, 'otlp', 'HTTP'), document)).toBe(200)
        const healthy = await startTheirs(theirs({}))
        await waitForSpans(folder.file('arrived.json'), 2 * sent.length)

        expect(await spanloom.stop()).toEqual({ code: 0, signal: null })
        await healthy.stop()
        const arrived = await tracesIn(folder.file('arrived.json'))
        expect(wholeSpans(arrived)).toEqual(wholeSpans(twice(everyFieldTraces)))
        expect(spanloom.stderr()).not.toContain('Dropping data')
      },
    )

    test.each(protocols)(
      '%s give up at once what the backend of a Collector refuses for good',
      async (name) => {
        const backend = resources.use(
          createServer((_request, response) => void response.writeHead(400).end()),
        )
        await once(backend.listen(0, '127.0.0.1'), 'listening')
        const at = backend.address()
        const direct = { sending_queue: { enabled: false }, retry_on_failure: { enabled: false } }
        const port = typeof at === 'object' && at !== null ? at.port : 0
        const way = otlpWay(name, {})
        const address = await freeAddress()
        await startTheirs(
          pipelines({
            all: {
              from: receiverOf(way, address),
              to: { 'otlp_http/backend': { endpoint: `http://127.0.0.1:${port}`, ...direct } },
            },
          }),
        )
        const spanloom = await startOurs(
          pipelines({ all: { from: { otlp: overHttp() }, to: senderOf(way, address) } }),
        )

        expect(await sendJson(addressOf(spanloom, 'otlp', 'HTTP'), JSON.stringify(everyField))).toBe(200)
        const { input } = await spanloom.waitForLine(/Exporting failed/)

        expect(input).toContain('Dropping data')
        expect(input).toContain(`"dropped_items":${sent.length}`)
        expect(input).toContain('not retryable error')
        expect(input).toContain(name === 'otlp_grpc' ? 'code = InvalidArgument' : 'HTTP Status Code 400')
      },
    )

    test('otlp_grpc need a batch size where requests are above the limit of a Collector', async () => {
      const big = spansOfBytes(60, 100_000)
      const whole = otlpWay('otlp_grpc/whole', {})
      const cut = otlpWay('otlp_grpc/cut', {
        sending_queue: { batch: { sizer: 'bytes', min_size: 0, max_size: 1_000_000 } },
      })
      const address = await freeAddress()
      await startTheirs(
        pipelines({ all: { from: receiverOf(whole, address), to: { file: promptFile('arrived.json') } } }),
      )
      const spanloom = await startOurs(
        pipelines(
          Object.fromEntries(
            [whole, cut].map((way) => [
              way.name,
              { from: { [`otlp/${way.name}`]: overHttp() }, to: senderOf(way, address) },
            ]),
          ),
        ),
      )

      for (const { name } of [whole, cut])
        expect(await sendProtobuf(addressOf(spanloom, `otlp/${name}`, 'HTTP'), big.toProtobuf())).toBe(200)
      const { input } = await spanloom.waitForLine(/Dropping data/)

      expect(input).toContain('otlp_grpc/whole')
      expect(input).toContain('code = ResourceExhausted')
      expect(input).toContain('"dropped_items":60')
      const arrived = await waitForSpans(folder.file('arrived.json'), 60)
      expect(wholeSpans(arrived)).toEqual(wholeSpans(big))
    })
  })
})

const twice = (traces: Traces): Traces => Traces.concat([traces, traces])

/** Spans with an attribute of `bytes` each. */
function spansOfBytes(count: number, bytes: number): Traces {
  const builder = new TracesBuilder({ resource: { 'service.name': 'big' } })
  for (let index = 1; index <= count; index++) {
    builder.add({
      traceId: '5b8efff798038103d269b633813fc60c',
      spanId: index.toString(16).padStart(16, '0'),
      name: 'big',
      startTime: 1n,
      endTime: 2n,
      attributes: { payload: 'x'.repeat(bytes) },
    })
  }
  return builder.build()
}
