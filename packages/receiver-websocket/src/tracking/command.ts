import type { Attributes, SpanEventInit, SpanLinkInit } from '@spanloom/core'

import { headerValueOf } from '../identity/header-value.ts'
import type { SpanId } from '../identity/span-id.ts'
import type { Derivation } from '../identity/trace-id.ts'
import type { Verdict } from '../identity/verdict.ts'
import type { CommandList } from './command-list.ts'

/** Where commands come from: one connection. */
export interface Origin {
  /** Commands and answers belong together within it: the tenant, or the connection where answers come over it. */
  readonly scope: string
  readonly tenant: string
  /** Name of the connection, for logs. */
  readonly connection: string
  /** Attributes of all spans of its commands. */
  readonly attributes: Attributes
  /** Link to the span that opened the connection. */
  link?: SpanLinkInit
}

/**
 * `open`: waits for its answer. `late`: has ended, but an answer may still come. `untracked`: there was no room, so
 * only an answer in the same exchange finds it. `ended`: forgotten.
 */
export type CommandState = 'open' | 'late' | 'untracked' | 'ended'

/** One delivery of a command and what has become of it. */
export interface Command {
  readonly origin: Origin
  readonly operation: string
  /** The operation as it may stand in names of spans and metrics: from a small set. */
  readonly operationName: string
  readonly operationLabel: string
  readonly requestId: string | undefined
  /** The trace id as it was sent: what goes back. */
  readonly verbatimTraceId: string | undefined
  readonly verbatimSpanId: string | undefined
  readonly traceId: string
  readonly derivation: Derivation
  readonly parentSpanId: string | undefined
  readonly traceState: string
  readonly spanId: SpanId
  readonly oneWay: boolean
  /** Bytes of the message. */
  readonly size: number
  /** 1, or more for a redelivery. */
  readonly deliveryCount: number
  readonly links: readonly SpanLinkInit[]
  /** From the message, as the profile asks. */
  readonly attributes: Attributes
  /** Unix milliseconds. */
  readonly receivedAt: number

  state: CommandState
  /** Monotonic time at which it is given up, or forgotten once it is late. */
  deadline: number
  /** Its span has left. */
  told: boolean
  /** An answer is on its way to the other side. */
  claimed: boolean
  /** The local API has not answered yet. */
  forwarding: boolean
  /** When the answer was taken, in unix milliseconds. */
  answeredAt: number | undefined
  /** What went wrong with an answer that may still be sent again. */
  failure: string | undefined
  verdict: Verdict | undefined
  /** Parts of the answer. */
  items: number
  queueMs: number
  /** HTTP exchanges so far, for the ids of their spans. */
  exchanges: number
  timeline: SpanEventInit[] | undefined
  // Its place among the commands of its state.
  list: CommandList | undefined
  previous: Command | undefined
  next: Command | undefined
}

/** The trace id of a command as a header, or `undefined` if there is none or HTTP cannot carry it. */
export const headerOf = ({ verbatimTraceId }: Command): string | undefined => headerValueOf(verbatimTraceId)

/** What every log line about a command says (`websocket.md` section 10). */
export function logFieldsOf(command: Command): Readonly<Record<string, unknown>> {
  return {
    'trace-id': command.verbatimTraceId,
    rID: command.requestId,
    operation: command.operation,
    trace_id: command.traceId,
    span_id: command.spanId.text,
    connection: command.origin.connection,
  }
}
