import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as elapse } from 'node:timers/promises'

import { expect, test } from 'vitest'

import { temporaryFolder } from './setup.ts'
import { started } from './started.ts'

const rateBytes = 50_000_000
const stepMs = 10
const steps = 150

test('the event loop goes on while 50 MB/s are written; the delay is reported', async ({ annotate }) => {
  const { extension } = await started({ directory: temporaryFolder() })
  const { queue } = await extension.storage.open({ kind: 'exporter', id: 'otlp' })
  const body = new Uint8Array(50_000)
  const perStep = (rateBytes * stepMs) / 1_000 / body.length
  const latencies: number[] = []
  const appends: Promise<void>[] = []
  const appendOne = async (): Promise<void> => {
    const begin = performance.now()
    const ids = await queue.append([{ destination: 0, body, items: 1 }])
    latencies.push(performance.now() - begin)
    void queue.done(ids)
  }
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const begin = performance.now()
  for (let step = 1; step <= steps; step++) {
    for (let count = 0; count < perStep; count++) appends.push(appendOne())
    await elapse(Math.max(0, begin + step * stepMs - performance.now()))
  }
  await Promise.all(appends)
  const seconds = (performance.now() - begin) / 1_000
  delay.disable()

  latencies.sort((a, b) => a - b)
  const p99 = latencies[Math.floor(latencies.length * 0.99)] ?? 0
  const rate = (appends.length * body.length) / seconds / 1e6
  await annotate(
    `${rate.toFixed(0)} MB/s, event-loop delay p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms (aim: 25 ms), acknowledged p99 ${p99.toFixed(0)} ms`,
  )
  expect(latencies).toHaveLength(steps * perStep)
}, 60_000)
