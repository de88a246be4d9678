import { Resource, Scope, Span, span, type SpanInit, WireWriter } from '@spanloom/core'
import { fakeClock, silentLogger, testTelemetry, toPlain } from '@spanloom/core/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'

import { systemRandom } from '../identity/trace-id.ts'
import { originOf } from '../link/origin.ts'
import { compileProfile } from '../message/compile-profile.ts'
import type { Command } from '../tracking/command.ts'
import { createMetrics } from '../tracking/metrics.ts'
import { Tracker } from '../tracking/tracker.ts'
import { commandSpan } from './command-span.ts'
import { InstantWriter } from './instant-writer.ts'

const metrics = createMetrics('websocket', testTelemetry(), {
  open: () => 0,
  late: () => 0,
  queued: () => 0,
  connections: () => new Map(),
})

/** A tracker of a tap that only sees one-way commands, and what it tells. */
function trackerInto(instant: Command[], spans: SpanInit[]): Tracker {
  return new Tracker({
    settings: {
      responseTimeoutMs: 1,
      lateWindowMs: 1,
      maxPending: 1,
      oneWayOperations: new Set(),
      followsOneWay: false,
      operations: new Set(),
      parent: 'when_valid',
      recordTimeline: false,
      messageSize: false,
      startFragments: false,
      logCommands: false,
    },
    profile: compileProfile('custom', { reply: 'none' }),
    emit: (each) => void spans.push(each),
    emitInstant: (command) => void instant.push(command),
    metrics,
    logger: silentLogger,
    clock: fakeClock(),
    time: () => 0,
    random: systemRandom,
  })
}

const text = fc.option(
  fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.stringMatching(/^[0-9a-f]{8,32}$/),
    fc.string({ unit: 'grapheme' }),
  ),
  { nil: undefined },
)

it('writes the very span that the other way makes, microsecond by microsecond', () => {
  const writer = new InstantWriter()
  const origins = ['a', 'b'].map((tenant) =>
    originOf({ connection: 'c', tenant, url: new URL(`ws://host/${tenant}`), answersOnSocket: false }),
  )
  const message = fc.record({
    operation: fc.string({ minLength: 1, maxLength: 20 }),
    requestId: text,
    traceId: text,
    spanId: text,
  })
  fc.assert(
    fc.property(
      message,
      fc.double({ min: 0, max: 4e12, noNaN: true }),
      fc.nat({ max: 1 }),
      (given, at, index) => {
        const instant: Command[] = []
        const origin = origins[index]
        if (origin === undefined) return
        const more = {
          kind: 'command',
          traceparent: undefined,
          tracestate: undefined,
          warnings: [],
          size: 1,
          root: {},
        } as const
        const command = trackerInto(instant, []).begin({ ...given, ...more }, origin, at)
        expect(instant).toEqual([command])
        const wire = new WireWriter()
        writer.write(wire, command)
        const written = Span.of(wire.take(), Resource.empty, Scope.empty)
        wire.release()
        expect(toPlain(written)).toEqual(toPlain(span(commandSpan(command, { at }))))
      },
    ),
    { numRuns: 500 },
  )
})
