import { Traces } from '@spanloom/core/traces'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { freeAddress } from './free-port.ts'
import { findOtelcol } from './otelcol-binary.ts'
import { startOtelcol } from './otelcol.ts'
import { type OtlpWay, otlpWay, receiverOf, senderOf } from './otlp-ways.ts'
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
const waysTo = (role: string): readonly OtlpWay[] =>
  ways.map(({ name }) => otlpWay(`${name}/${role}`, impatient))
const [unguarded, guarded] = [waysTo('processor'), waysTo('middleware')]
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
    const startSenders = async (ways: readonly OtlpWay[], addresses: readonly string[]) => {
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
      const from = receivers(ways, addresses)
      const oneByOne = { sending_queue: { queue_size: 1, num_consumers: 1 } }
      const to = { otlp_http: { endpoint: `http://${backend}`, ...impatient, ...oneByOne } }
      const spanloom = await start(pipelines({ all: { from, to } }))
      const { collector, inputs } = await startSenders(ways, addresses)

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

    test('come again after the delay that our memory limiter asks for, in a pipeline or ahead of it', async () => {
      const addresses = await Promise.all([...unguarded, ...guarded].map(() => freeAddress()))
      const memory_limiter = { check_interval: '100ms', limit_mib: 1 }
      const to = { file: { path: 'arrived.json' } }
      const config = (through: Record<string, object>, settings: object): object => {
        const behind = receivers(guarded, addresses.slice(unguarded.length), settings)
        const all = { from: receivers(unguarded, addresses), through, to }
        return pipelines({ all, guarded: { from: behind, to } }, { memory_limiter })
      }
      const middlewares = [{ id: 'memory_limiter' }]
      const refusing = await start(config({ memory_limiter }, { middlewares }))
      const { collector, inputs } = await startSenders([...unguarded, ...guarded], addresses)

      for (const input of inputs) expect(await sendJson(input, document)).toBe(200)
      for (const { name } of [...unguarded, ...guarded])
        await collector.waitForLine(patient(name, 'high memory usage'))
      expect(await refusing.stop()).toEqual({ code: 0, signal: null })
      expect((await tracesIn(folder.file('arrived.json'))).spanCount).toBe(0)
      await start(config({}, {}))
      await waitForSpans(folder.file('arrived.json'), 4 * everyFieldTraces.spanCount)

      expect(await collector.stop()).toEqual({ code: 0, signal: null })
      const arrived = await tracesIn(folder.file('arrived.json'))
      expect(wholeSpans(arrived)).toEqual(wholeSpans(everyFieldTimes(4)))
    })
  })
})

/** A receiver for each way, at its address. */
const receivers = (
  ways: readonly OtlpWay[],
  addresses: readonly string[],
  settings?: object,
): Record<string, object> =>
  Object.assign({}, ...ways.map((way, index) => receiverOf(way, addresses[index], settings)))

const everyFieldTimes = (count: number): Traces =>
  Traces.concat(Array.from({ length: count }, () => everyFieldTraces))
