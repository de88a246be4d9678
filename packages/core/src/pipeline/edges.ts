import { AsyncLocalStorage } from 'node:async_hooks'

import type { Attributes } from '@opentelemetry/api'

import type { Clock } from '../clock/clock.ts'
import type { TracesConsumer } from '../component/consumer.ts'
import type { Account } from '../telemetry/accounting.ts'
import type { PipelineInstruments } from '../telemetry/instruments.ts'

/** What the edges of one instance need to count. */
export interface EdgeTelemetry {
  readonly account: Account
  readonly instruments: PipelineInstruments
  readonly clock: Clock
}

/** What lies around one processor: `incoming` in front of it, `outgoing` behind it. */
export interface ProcessorEdges {
  incoming(processor: TracesConsumer): TracesConsumer
  outgoing(next: TracesConsumer): TracesConsumer
}

/** Makes the receiver's counters exist with 0, for every transport that it uses (TEL-11). */
export function announceReceiver(
  { account, instruments }: EdgeTelemetry,
  transports: readonly string[],
): void {
  const receiver = account.owner.id
  const labels: Attributes[] =
    transports.length === 0 ? [{ receiver }] : transports.map((transport) => ({ receiver, transport }))
  for (const attributes of labels) {
    instruments.receiverAccepted.add(0, attributes)
    instruments.receiverRefused.add(0, attributes)
    instruments.receiverFailed.add(0, attributes)
    for (const outcome of ['success', 'refused', 'failure']) {
      instruments.receiverRequests.add(0, { ...attributes, outcome })
    }
  }
}

/** Counts what a receiver hands to its pipelines. Data without spans goes no further (CMP-06). */
export function afterReceiver({ account, instruments }: EdgeTelemetry, next: TracesConsumer): TracesConsumer {
  const labelsOf = memoizedLabels(account.owner.id)
  return {
    async consumeTraces(traces, context) {
      const spans = traces.spanCount
      if (spans === 0) return
      const labels = labelsOf(context.transport)
      account.leaving(spans)
      try {
        await next.consumeTraces(traces, context)
      } catch (error) {
        account.leaving(-spans)
        account.refused(spans)
        instruments.receiverRefused.add(spans, labels.plain)
        instruments.receiverRequests.add(1, labels.refused)
        throw error
      }
      account.leaving(-spans)
      account.took(spans)
      account.passed(spans)
      instruments.receiverAccepted.add(spans, labels.plain)
      instruments.receiverRequests.add(1, labels.success)
    },
  }
}

/** Counts around a processor; at level `detailed` also measures the time that it takes itself. */
export function processorEdges({ account, instruments, clock }: EdgeTelemetry): ProcessorEdges {
  const attributes: Attributes = { processor: account.owner.id, 'otel.signal': 'traces' }
  const { processorIncoming, processorOutgoing, processorDuration } = instruments
  processorIncoming.add(0, attributes)
  processorOutgoing.add(0, attributes)
  const edges: ProcessorEdges = {
    incoming: (processor) =>
      countTaken(account, processor, (spans) => processorIncoming.add(spans, attributes)),
    outgoing: (next) => countPassed(account, next, (spans) => processorOutgoing.add(spans, attributes)),
  }
  if (processorDuration === undefined) return edges
  const downstream = new AsyncLocalStorage<{ ms: number }>()
  return {
    incoming: (processor) => {
      const counted = edges.incoming(processor)
      return {
        async consumeTraces(traces, context) {
          const spent = { ms: 0 }
          const begin = clock.monotonic()
          try {
            await downstream.run(spent, () => counted.consumeTraces(traces, context))
          } finally {
            const ownMs = Math.max(0, clock.monotonic() - begin - spent.ms)
            processorDuration.record(ownMs / 1000, attributes)
          }
        },
      }
    },
    outgoing: (next) => {
      const counted = edges.outgoing(next)
      return {
        async consumeTraces(traces, context) {
          const spent = downstream.getStore()
          const begin = clock.monotonic()
          try {
            await counted.consumeTraces(traces, context)
          } finally {
            if (spent !== undefined) spent.ms += clock.monotonic() - begin
          }
        },
      }
    },
  }
}

/** Counts around a connector, for its account only. */
export function connectorEdges({ account }: EdgeTelemetry): ProcessorEdges {
  return {
    incoming: (connector) => countTaken(account, connector),
    outgoing: (next) => countPassed(account, next),
  }
}

/** Counts what an exporter takes. What becomes of it the exporter tells itself if it has a queue. */
export function beforeExporter({ account }: EdgeTelemetry, exporter: TracesConsumer): TracesConsumer {
  return countTaken(account, exporter, undefined, (spans) => account.passed(spans))
}

function countTaken(
  account: Account,
  stage: TracesConsumer,
  attempted?: (spans: number) => void,
  taken?: (spans: number) => void,
): TracesConsumer {
  return {
    async consumeTraces(traces, context) {
      const spans = traces.spanCount
      if (spans === 0) return
      attempted?.(spans)
      account.entering(spans)
      try {
        await stage.consumeTraces(traces, context)
      } catch (error) {
        account.entering(-spans)
        account.refused(spans)
        throw error
      }
      account.entering(-spans)
      account.took(spans)
      taken?.(spans)
    },
  }
}

function countPassed(
  account: Account,
  next: TracesConsumer,
  attempted?: (spans: number) => void,
): TracesConsumer {
  return {
    async consumeTraces(traces, context) {
      const spans = traces.spanCount
      if (spans === 0) return
      attempted?.(spans)
      account.leaving(spans)
      try {
        await next.consumeTraces(traces, context)
      } catch (error) {
        account.leaving(-spans)
        throw error
      }
      account.leaving(-spans)
      account.passed(spans)
    },
  }
}

interface ReceiverLabels {
  readonly plain: Attributes
  readonly success: Attributes
  readonly refused: Attributes
}

/** A receiver has one or two transports, so its label objects are made once and not for every request. */
function memoizedLabels(receiver: string): (transport: string | undefined) => ReceiverLabels {
  const known = new Map<string | undefined, ReceiverLabels>()
  return (transport) => {
    const found = known.get(transport)
    if (found !== undefined) return found
    const plain: Attributes = transport === undefined ? { receiver } : { receiver, transport }
    const labels: ReceiverLabels = {
      plain,
      success: { ...plain, outcome: 'success' },
      refused: { ...plain, outcome: 'refused' },
    }
    known.set(transport, labels)
    return labels
  }
}
