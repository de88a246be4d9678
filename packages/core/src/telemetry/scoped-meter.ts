import type { BatchObservableCallback, Meter, Observable, ObservableCallback } from '@opentelemetry/api'

/** A meter for something that comes and goes while the instruments of the collector stay. */
export interface ScopedMeter {
  readonly meter: Meter
  /** Lets observable instruments be read; before that they only remember who wants to be asked. */
  open(): void
  /** Asks nobody any longer, so that nothing of the owner is kept alive. */
  close(): void
}

/** Someone who is asked when metrics are read. */
interface Registration {
  attach(): void
  detach(): void
}

/** Wraps a meter. What is written straight to an instrument passes at any time. */
export function scopedMeter(meter: Meter): ScopedMeter {
  const scope = new Scope()
  const scoped = <I extends Observable>(instrument: I): I => observed(instrument, scope)
  return {
    meter: {
      createGauge: (name, options) => meter.createGauge(name, options),
      createHistogram: (name, options) => meter.createHistogram(name, options),
      createCounter: (name, options) => meter.createCounter(name, options),
      createUpDownCounter: (name, options) => meter.createUpDownCounter(name, options),
      createObservableGauge: (name, options) => scoped(meter.createObservableGauge(name, options)),
      createObservableCounter: (name, options) => scoped(meter.createObservableCounter(name, options)),
      createObservableUpDownCounter: (name, options) =>
        scoped(meter.createObservableUpDownCounter(name, options)),
      addBatchObservableCallback: (callback, instruments) =>
        scope.add(callback, {
          attach: () => meter.addBatchObservableCallback(callback, instruments),
          detach: () => meter.removeBatchObservableCallback(callback, instruments),
        }),
      removeBatchObservableCallback: (callback) => scope.remove(callback),
    },
    open: () => scope.open(),
    close: () => scope.close(),
  }
}

/** The instrument itself, apart from who is asked. It must stay one to the SDK, so it inherits from the SDK's. */
function observed<I extends Observable>(instrument: I, scope: Scope): I {
  const own: I = Object.create(instrument)
  own.addCallback = (callback) =>
    scope.add(callback, {
      attach: () => instrument.addCallback(callback),
      detach: () => instrument.removeCallback(callback),
    })
  own.removeCallback = (callback) => scope.remove(callback)
  return own
}

class Scope {
  readonly #registrations: { readonly callback: object; readonly registration: Registration }[] = []
  #state: 'waiting' | 'open' | 'closed' = 'waiting'

  add(callback: ObservableCallback | BatchObservableCallback, registration: Registration): void {
    if (this.#state === 'closed') return
    this.#registrations.push({ callback, registration })
    if (this.#state === 'open') registration.attach()
  }

  remove(callback: ObservableCallback | BatchObservableCallback): void {
    const index = this.#registrations.findIndex((each) => each.callback === callback)
    const [removed] = index < 0 ? [] : this.#registrations.splice(index, 1)
    if (this.#state === 'open') removed?.registration.detach()
  }

  open(): void {
    if (this.#state !== 'waiting') return
    this.#state = 'open'
    for (const { registration } of this.#registrations) registration.attach()
  }

  close(): void {
    if (this.#state === 'open') for (const { registration } of this.#registrations) registration.detach()
    this.#registrations.length = 0
    this.#state = 'closed'
  }
}
