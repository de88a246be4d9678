import type { Meter } from '@opentelemetry/api'

import type { Clock } from '../clock/clock.ts'

/** What the process metrics read; a test hands in its own. */
export interface ProcessFigures {
  memoryUsage(): {
    readonly rss: number
    readonly heapUsed: number
    readonly heapTotal: number
    readonly external: number
  }
  /** User and system time in microseconds. */
  cpuUsage(): { readonly user: number; readonly system: number }
}

/** Registers the metrics of the process itself (section 12.2). Uptime counts from this call. */
export function registerProcessMetrics(meter: Meter, clock: Clock, figures: ProcessFigures = process): void {
  const begin = clock.monotonic()
  meter
    .createObservableCounter('otelcol_process_uptime', { description: 'Uptime of the process.', unit: 's' })
    .addCallback((result) => result.observe((clock.monotonic() - begin) / 1000))
  meter
    .createObservableCounter('otelcol_process_cpu_seconds', {
      description: 'Total CPU user and system time.',
      unit: 's',
    })
    .addCallback((result) => {
      const { user, system } = figures.cpuUsage()
      result.observe((user + system) / 1_000_000)
    })
  const bytes = (name: string, description: string) =>
    meter.createObservableGauge(name, { description, unit: 'By' })
  const rss = bytes('otelcol_process_memory_rss', 'Total physical memory (resident set size).')
  const heap = bytes('otelcol_process_runtime_heap_alloc_bytes', 'Used JavaScript heap.')
  const total = bytes('otelcol_process_runtime_total_sys_memory_bytes', 'Total heap and external memory.')
  meter.addBatchObservableCallback(
    (result) => {
      const usage = figures.memoryUsage()
      result.observe(rss, usage.rss)
      result.observe(heap, usage.heapUsed)
      result.observe(total, usage.heapTotal + usage.external)
    },
    [rss, heap, total],
  )
}
