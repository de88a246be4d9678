// Loaded into a collector under test: on SIGUSR2 it prints how late its event loop was since the last time.
import { createHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

const resolutionMs = 5

/** The histogram counts from tick to tick, so that an idle loop shows the resolution. */
const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolutionMs)

if (isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  // What other processes take of the machine makes a loop late, too. What its own thread worked from tick to tick
  // does not depend on them.
  const work = createHistogram()
  let before = process.threadCpuUsage()
  const tick = setInterval(() => {
    const now = process.threadCpuUsage()
    const micros = now.user + now.system - before.user - before.system
    work.record(Math.max(1, Math.round(micros)))
    before = now
  }, resolutionMs)
  tick.unref()
  process.on('SIGUSR2', () => {
    const figures = {
      p50: late(delay.percentile(50)),
      p99: late(delay.percentile(99)),
      max: late(delay.max),
      workP99: work.percentile(99) / 1_000,
      workMax: work.max / 1_000,
    }
    process.stderr.write(`event loop delay ${JSON.stringify(figures)}\n`)
    delay.reset()
    work.reset()
  })
}
