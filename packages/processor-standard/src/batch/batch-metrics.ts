import type { ComponentTelemetry, Traces } from '@spanloom/core'

/** The reference collector's metrics of the `batch` processor (section 12.2). */
export class BatchMetrics {
  readonly #attributes: { readonly processor: string }
  readonly #size
  readonly #bytes
  readonly #bySize
  readonly #byTimeout

  constructor(meter: ComponentTelemetry['meter'], id: string, combinations: () => number) {
    this.#attributes = { processor: id }
    this.#size = meter.createHistogram('otelcol_processor_batch_batch_send_size', {
      unit: '{span}',
      description: 'Spans per batch.',
    })
    this.#bytes = meter.createHistogram('otelcol_processor_batch_batch_send_size_bytes', {
      unit: 'By',
      description: 'Bytes per batch.',
    })
    this.#bySize = meter.createCounter('otelcol_processor_batch_batch_size_trigger_send', {
      unit: '{batch}',
      description: 'Batches sent because they were full.',
    })
    this.#byTimeout = meter.createCounter('otelcol_processor_batch_timeout_trigger_send', {
      unit: '{batch}',
      description: 'Batches sent because they had waited long enough.',
    })
    this.#bySize.add(0, this.#attributes)
    this.#byTimeout.add(0, this.#attributes)
    meter
      .createObservableUpDownCounter('otelcol_processor_batch_metadata_cardinality', {
        unit: '{combination}',
        description: 'Distinct combinations of header values.',
      })
      .addCallback((result) => result.observe(combinations(), this.#attributes))
  }

  sent(traces: Traces, trigger: 'size' | 'timeout'): void {
    this.#size.record(traces.spanCount, this.#attributes)
    this.#bytes.record(traces.byteLength, this.#attributes)
    ;(trigger === 'size' ? this.#bySize : this.#byTimeout).add(1, this.#attributes)
  }
}
