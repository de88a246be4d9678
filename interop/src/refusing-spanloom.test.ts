import { Traces } from '@spanloom/core/traces'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { freeAddress } from './free-port.ts'
import { findOtelcol } from './otelcol-binary.ts'
import { startOtelcol } from './otelcol.ts'
import { otlpWay, receiverOf, senderOf } from './otlp-ways.ts'
import { overHttp, pipelines } from './pipelines.ts'
import { wholeSpans } from './plain-spans.ts'
import type { RunningProcess } from './process.ts'
import { everyField, everyFieldTraces } from './sample-document.ts'
import { sendJson } from './send-traces.ts'
import { startSpanloom } from './spanloom.ts'
import { type TemporaryFolder, temporaryFolder, tracesIn, waitForSpans } from './trace-files.ts'
import { withPeer } from './vitest.ts'

const otelcol = await findOtelcol()
// Short intervals of its own, so that only our answer can make the Collector wait.
const impatient = { retry_on_failure: { initial_interval: '10ms', max_interval: '20ms' } }
const ways = ['otlp_grpc', 'otlp_http'].map((name) => otlpWay(name, impatient))
const document = JSON.stringify(everyField)
const patient = (name: string, reason: string): RegExp =>
  new RegExp(`Will retry.*"${name}".*Throttle \\(\\d[^)]*s\\).*${reason}`)

describe('the exporters of a Collector', { timeout: 40_000 }, () => {
  withPeer('otelcol', otelcol, (binary) => {
    let resources: AsyncDisposableStack
    let folder: TemporaryFolder

    beforeEach(() => {
      resources = new AsyncDisposableStack()
      folder = resources.use(temporaryFolder())
    })
    afterEach(() => resources.disposeAsync())

    const start = async (config: object): Promise<RunningProcess> =>
      resources.use(await startSpanloom({ dir: folder.path, config }))

    /** A Collector, and where it takes what it sends each way. */
    const startSenders = async (addresses: readonly string[]) => {
      const inputs = await Promise.all(ways.map(() => freeAddress()))
      const each = ways.map((way, index) => {
        const from = { [`otlp/${way.name}`]: overHttp(inputs[index]) }
        return [way.name, { from, to: senderOf(way, addresses[index]) }] as const
      })
      const config = JSON.stringify(pipelines(Object.fromEntries(each)))
      return { collector: resources.use(await startOtelcol({ binary, dir: folder.path, config })), inputs }
    }

    test('come again after the delay that our full queue asks for, and nothing is lost or doubled', async () => {
      const [backend, ...addresses] = [await freeAddress(), await freeAddress(), await freeAddress()]
      const from = receivers(addresses)
      const oneByOne = { sending_queue: { queue_size: 1, num_consumers: 1 } }
      const to = { otlp_http: { endpoint: `http://${backend}`, ...impatient, ...oneByOne } }
      const spanloom = await start(pipelines({ all: { from, to } }))
      const { collector, inputs } = await startSenders(addresses)

      for (const input of [...inputs, ...inputs]) expect(await sendJson(input, document)).toBe(200)
      for (const { name } of ways) await collector.waitForLine(patient(name, 'sending queue is full'))
      const file = { path: 'arrived.json' }
      await start(pipelines({ all: { from: { otlp: overHttp(backend) }, to: { file } } }))
      await waitForSpans(folder.file('arrived.json'), 4 * everyFieldTraces.spanCount)

      expect(await collector.stop()).toEqual({ code: 0, signal: null })
      expect(await spanloom.stop()).toEqual({ code: 0, signal: null })
      const arrived = await tracesIn(folder.file('arrived.json'))
      expect(wholeSpans(arrived)).toEqual(wholeSpans(everyFieldTimes(4)))
    })

    test.each(['processor', 'middleware'])(
      'come again after the delay that our memory limiter asks for, as a %s',
      async (role) => {
        const addresses = [await freeAddress(), await freeAddress()]
        const to = { file: { path: 'arrived.json' } }
        const memory_limiter = { check_interval: '100ms', limit_mib: 1 }
        const refusing = await start(
          role === 'processor'
            ? pipelines({ all: { from: receivers(addresses), through: { memory_limiter }, to } })
            : pipelines({ all: { from: receivers(addresses, guarded), to } }, { memory_limiter }),
        )
        const { collector, inputs } = await startSenders(addresses)

        for (const input of inputs) expect(await sendJson(input, document)).toBe(200)
        for (const { name } of ways) await collector.waitForLine(patient(name, 'high memory usage'))
        expect(await refusing.stop()).toEqual({ code: 0, signal: null })
        expect((await tracesIn(folder.file('arrived.json'))).spanCount).toBe(0)
        await start(pipelines({ all: { from: receivers(addresses), to } }))
        await waitForSpans(folder.file('arrived.json'), 2 * everyFieldTraces.spanCount)

        expect(await collector.stop()).toEqual({ code: 0, signal: null })
        const arrived = await tracesIn(folder.file('arrived.json'))
        expect(wholeSpans(arrived)).toEqual(wholeSpans(everyFieldTimes(2)))
      },
    )
  })
})

const guarded = { middlewares: [{ id: 'memory_limiter' }] }

/** A receiver for each way, at its address. */
const receivers = (addresses: readonly string[], settings?: object): Record<string, object> =>
  Object.assign({}, ...ways.map((way, index) => receiverOf(way, addresses[index], settings)))

const everyFieldTimes = (count: number): Traces =>
  Traces.concat(Array.from({ length: count }, () => everyFieldTraces))
