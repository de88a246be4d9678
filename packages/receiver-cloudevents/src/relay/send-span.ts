import { randomBytes } from 'node:crypto'

import { formatTraceparent, type TraceContext } from '@spanloom/cloudevents'
import type { Attributes, Resource, Scope, SpanInit } from '@spanloom/core/traces'

import { parentOf } from '../spans/event-spans.ts'
import { notZero } from '../spans/ids.ts'

/** One hop of a relay, before it is made. */
export interface Hop {
  readonly context: TraceContext
  readonly parent: TraceContext | undefined
}

/** Headers that tell the next one about the hop. */
export function hopHeaders({ context }: Hop): Readonly<Record<string, string>> {
  const { traceState } = context
  return { traceparent: formatTraceparent(context), ...(traceState === '' ? {} : { tracestate: traceState }) }
}

/** A hop below `parent`, or one that begins a trace. Every attempt is a hop of its own. */
export function newHop(
  parent: TraceContext | undefined,
  random: (bytes: number) => Buffer = randomBytes,
): Hop {
  const context = {
    traceId: parent?.traceId ?? notZero(random(16).toString('hex')),
    spanId: notZero(random(8).toString('hex')),
    flags: parent === undefined ? 1 : parent.flags & 1,
    traceState: parent?.traceState ?? '',
  }
  return { context, parent }
}

/** How a hop ended. */
export interface HopOutcome {
  readonly startedAt: bigint
  readonly endedAt: bigint
  /** Status of the answer; undefined when there was none. */
  readonly status: number | undefined
  /** `timeout` or `network_error` when there was no answer. */
  readonly error: string | undefined
}

/** The span of a hop, as the HTTP conventions say. `links` go to where the event was created (R-NEW-2). */
export function sendSpan(
  { context, parent }: Hop,
  { startedAt, endedAt, status, error }: HopOutcome,
  more: {
    readonly url: URL
    readonly creation: TraceContext | undefined
    readonly isParentRemote: boolean
    readonly resource: Resource
    readonly scope: Scope
  },
): SpanInit {
  const { url, creation, isParentRemote, resource, scope } = more
  const errorType = error ?? (status !== undefined && status >= 400 ? String(status) : undefined)
  const attributes: Attributes = {
    'http.request.method': 'POST',
    'url.full': `${url.origin}${url.pathname}`,
    'server.address': url.hostname,
    'server.port': Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
    ...(status === undefined ? {} : { 'http.response.status_code': status }),
    ...(errorType === undefined ? {} : { 'error.type': errorType }),
  }
  return {
    traceId: context.traceId,
    spanId: context.spanId,
    ...parentOf(parent),
    flags: context.flags | (isParentRemote ? 0x300 : 0x100),
    name: 'POST',
    kind: 'CLIENT',
    startTime: startedAt,
    endTime: endedAt > startedAt ? endedAt : startedAt,
    attributes,
    ...(errorType === undefined ? {} : { status: { code: 'ERROR' } }),
    ...(creation === undefined
      ? {}
      : {
          links: [
            {
              traceId: creation.traceId,
              spanId: creation.spanId,
              flags: creation.flags | 0x300,
              ...(creation.traceState === '' ? {} : { traceState: creation.traceState }),
              attributes: { 'spanloom.link.origin': 'extension' },
            },
          ],
        }),
    resource,
    scope,
  }
}
