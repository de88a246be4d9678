import type { AttributeValue, SpanInit } from '@spanloom/core'

import type { Command } from '../tracking/command.ts'
import { toNanos } from '../tracking/wall-time.ts'

/** Trace flag "sampled", and that it is known whether the parent is remote. */
export const localParentFlags = 0x101
/** The same, where the parent is another process's. */
export const remoteParentFlags = 0x301

/** Longest text that an attribute takes over from a message. */
export const longestText: number = 1024

/** How a command ended. */
export interface CommandEnd {
  /** Unix milliseconds. */
  readonly at: number
  /** Absent where nothing went wrong. */
  readonly errorType?: string
}

/** The span of a command, from its last byte to its answer (`websocket.md` section 5). */
export function commandSpan(command: Command, { at, errorType }: CommandEnd): SpanInit {
  const { parentSpanId, timeline } = command
  return {
    traceId: command.traceId,
    spanId: command.spanId.text,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    ...(command.traceState === '' ? {} : { traceState: command.traceState }),
    flags: parentSpanId === undefined ? localParentFlags : remoteParentFlags,
    name: `process ${command.operationName}`,
    kind: 'CONSUMER',
    startTime: toNanos(command.receivedAt),
    endTime: toNanos(Math.max(at, command.receivedAt)),
    attributes: attributesOf(command, errorType),
    ...(timeline === undefined ? {} : { events: timeline }),
    ...(command.links.length === 0 ? {} : { links: command.links }),
    ...(errorType === undefined ? {} : { status: { code: 'ERROR' } }),
  }
}

/** The start of a command's span, for an assembler that must know of it before it ends. */
export function commandStart(command: Command): SpanInit {
  const {
    endTime: _end,
    attributes: _attributes,
    events: _events,
    status: _status,
    ...start
  } = commandSpan(command, {
    at: command.receivedAt,
  })
  return {
    ...start,
    attributes: { ...attributesOf(command, undefined), 'spanloom.profile': 'websocket_command' },
  }
}

function attributesOf(command: Command, errorType: string | undefined): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {
    ...command.origin.attributes,
    'spanloom.operation': command.operation,
    ...command.attributes,
  }
  if (command.requestId !== undefined)
    attributes['messaging.message.conversation_id'] = shortened(command.requestId)
  if (command.verbatimTraceId !== undefined)
    attributes['spanloom.trace_id'] = shortened(command.verbatimTraceId)
  if (command.verbatimSpanId !== undefined) attributes['spanloom.span_id'] = shortened(command.verbatimSpanId)
  attributes['spanloom.trace_id.derivation'] = command.derivation
  if (command.verdict !== undefined) attributes['spanloom.callback.trace_id'] = command.verdict
  if (command.deliveryCount > 1) attributes['spanloom.delivery_count'] = command.deliveryCount
  if (command.items > 0) attributes['spanloom.items'] = command.items
  if (command.queueMs > 0) attributes['spanloom.queue_ms'] = Math.round(command.queueMs)
  if (command.state === 'untracked') attributes['spanloom.untracked'] = true
  if (errorType !== undefined) attributes['error.type'] = errorType
  return attributes
}

/** A text of bounded length for an attribute. */
export const shortened = (text: string): string =>
  text.length <= longestText ? text : `${text.slice(0, longestText - 1)}…`
