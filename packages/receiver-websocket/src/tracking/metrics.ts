import type { ComponentTelemetry } from '@spanloom/core'

import type { Verdict } from '../identity/verdict.ts'
import { readErrors, readWarnings, type ReadError, type ReadWarning } from '../message/reading.ts'
import { type Labels, Tally } from './tally.ts'

/** The receiver's own metrics (`websocket.md` section 11). Operations are labels of a small set. */
export interface Metrics {
  received(operation: string): void
  ignored(): void
  error(reason: ReadError): void
  warning(reason: ReadWarning): void
  duplicate(): void
  unanswered(operation: string): void
  untracked(): void
  overload(): void
  late(): void
  verdict(verdict: Verdict, operation: string): void
  duration(ms: number, operation: string): void
  forwarded(ms: number, operation: string, status: string): void
  reconnect(reason: string): void
  /** Tells the counters what was counted in this turn. */
  flush(): void
}

/** What is read when metrics are. */
export interface Gauges {
  open(): number
  late(): number
  queued(): number
  /** Connections by state. */
  connections(): ReadonlyMap<string, number>
}

const verdicts: readonly Verdict[] = ['match', 'missing', 'normalized', 'changed', 'uncorrelated']
const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]

/** Makes the instruments of one receiver. */
export function createMetrics(id: string, { meter }: ComponentTelemetry, gauges: Gauges): Metrics {
  const common: Labels = { receiver: id }
  const tallies: Tally[] = []
  const counter = (what: string, description: string, unit: string): Tally => {
    const tally = new Tally(meter, name(what), description, unit, common)
    tallies.push(tally)
    return tally
  }
  const received = counter('messages_received', 'Commands received.', '{message}')
  const ignored = counter('messages_ignored', 'Messages that are no commands and no fault.', '{message}')
  const errors = counter('messages_error', 'Messages that could not be used.', '{message}')
  const warnings = counter('messages_warning', 'Oddities of messages that were used.', '{message}')
  const duplicates = counter('commands_duplicate', 'Redeliveries of open commands.', '{command}')
  const unanswered = counter('commands_unanswered', 'Commands without an answer in time.', '{command}')
  const untracked = counter('commands_untracked', 'Commands for which there was no room.', '{command}')
  const overload = counter('commands_overload', 'Commands that were not forwarded: queue full.', '{command}')
  const late = counter('callbacks_late', 'Answers that came after the timeout.', '{callback}')
  const verdictsTally = counter('callback_trace_id', 'Answers by what became of the trace id.', '{callback}')
  const reconnects = counter('reconnects', 'Connections that were lost or refused.', '{connection}')
  const histogram = (what: string, description: string) =>
    meter.createHistogram(name(what), {
      description,
      unit: 's',
      advice: { explicitBucketBoundaries: seconds },
    })
  const durations = histogram('commands_duration', 'From a command to its answer.')
  const forwards = histogram('forward_duration', 'Answers of the local API.')

  for (const tally of [received, ignored, duplicates, unanswered, untracked, overload, late, reconnects])
    tally.expect()
  for (const reason of readErrors) errors.expect({ reason })
  for (const reason of readWarnings) warnings.expect({ reason })
  for (const verdict of verdicts) verdictsTally.expect({ verdict })
  const gauge = (what: string, description: string, unit: string, read: () => number): void => {
    meter
      .createObservableGauge(name(what), { description, unit })
      .addCallback((result) => result.observe(read(), common))
  }
  gauge('commands_open', 'Commands that wait for their answer.', '{command}', () => gauges.open())
  gauge('commands_late', 'Ended commands whose answer may still come.', '{command}', () => gauges.late())
  gauge('queue_length', 'Commands that wait for a forward.', '{command}', () => gauges.queued())
  meter
    .createObservableGauge(name('connections'), {
      description: 'Connections by state.',
      unit: '{connection}',
    })
    .addCallback((result) => {
      for (const [state, count] of gauges.connections()) result.observe(count, { ...common, state })
    })

  return {
    received: (operation) => received.add(operation, operationLabel),
    ignored: () => ignored.add('', none),
    error: (reason) => errors.add(reason, reasonLabel),
    warning: (reason) => warnings.add(reason, reasonLabel),
    duplicate: () => duplicates.add('', none),
    unanswered: (operation) => unanswered.add(operation, operationLabel),
    untracked: () => untracked.add('', none),
    overload: () => overload.add('', none),
    late: () => late.add('', none),
    verdict: (verdict, operation) => verdictsTally.add(`${verdict} ${operation}`, verdictLabels),
    duration: (ms, operation) => durations.record(ms / 1000, { ...common, operation }),
    forwarded: (ms, operation, status) => forwards.record(ms / 1000, { ...common, operation, status }),
    reconnect: (reason) => reconnects.add(reason, reasonLabel),
    flush: () => {
      for (const tally of tallies) tally.flush()
    },
  }
}

const none = (): Labels => ({})
const name = (what: string): string => `otelcol_receiver_websocket_${what}`
const operationLabel = (operation: string): Labels => ({ operation })
const reasonLabel = (reason: string): Labels => ({ reason })
const verdictLabels = (key: string): Labels => {
  const at = key.indexOf(' ')
  return { verdict: key.slice(0, at), operation: key.slice(at + 1) }
}
