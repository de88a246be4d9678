import { FieldCursor, Resource, Scope, Span, span, WireWriter } from '@spanloom/core'
import { fakeClock, silentLogger, testTelemetry, toPlain } from '@spanloom/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { systemRandom } from '../identity/trace-id.ts'
import { originOf } from '../link/origin.ts'
import { compileProfile } from '../message/compile-profile.ts'
import type { CommandMessage } from '../message/reading.ts'
import type { Command } from '../tracking/command.ts'
import { createMetrics } from '../tracking/metrics.ts'
import { Tracker } from '../tracking/tracker.ts'
import { type CommandEnd, commandSpan } from './command-span.ts'
import { Stencils } from './stencils.ts'

const metrics = createMetrics('websocket', testTelemetry(), {
  open: () => 0,
  late: () => 0,
  queued: () => 0,
  connections: () => new Map(),
})

/** A tracker of a tap that only sees one-way commands, and what it tells. */
function trackerInto(ended: Command[]): Tracker {
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
    emit: () => undefined,
    emitCommand: (command) => void ended.push(command),
    metrics,
    logger: silentLogger,
    clock: fakeClock(),
    time: () => 0,
    random: systemRandom,
  })
}

const origins = ['a', 'b'].map((tenant) =>
  originOf({ connection: 'c', tenant, url: new URL(`ws://host/${tenant}`), answersOnSocket: false }),
)
const hex = fc.stringMatching(/^[0-9a-fA-F]{8,33}$/)
const text = fc.option(fc.oneof(fc.string({ maxLength: 40 }), hex, fc.constantFrom('r-1', 'r-2')), {
  nil: undefined,
})
const message = fc.record({
  operation: fc.oneof(fc.constantFrom('getBill', 'payBill'), fc.string({ unit: 'grapheme', minLength: 1 })),
  requestId: text,
  traceId: text,
  spanId: text,
})
const end = fc.record({
  receivedAt: fc.double({ min: 1, max: 4e12, noNaN: true }),
  lastsMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
  errorType: fc.constantFrom(undefined, 'timeout'),
  verdict: fc.constantFrom(undefined, 'match' as const),
})

function commandOf(given: Partial<CommandMessage>, receivedAt: number, origin = origins[0]): Command {
  if (origin === undefined) throw new TypeError('No origin.')
  const ended: Command[] = []
  trackerInto(ended).begin({ ...plain, ...given }, origin, receivedAt)
  const [command] = ended
  if (command === undefined) throw new TypeError('Nothing was told.')
  return command
}

/** What the stencils write, without writing a second time what they begin and give up. */
function writtenBy(stencils: Stencils, command: Command, how: CommandEnd): Buffer | undefined {
  const wire = new WireWriter()
  const done = stencils.write(wire, command, how)
  const bytes = wire.take()
  wire.release()
  expect(bytes.length > 0).toBe(done)
  return done ? bytes : undefined
}

describe('stencils', () => {
  it('write the very spans that the builder makes, microsecond by microsecond', () => {
    const stencils = new Stencils()
    fc.assert(
      fc.property(
        message,
        end,
        fc.constantFrom(...origins),
        (given, { receivedAt, lastsMs, errorType, verdict }, origin) => {
          const command = commandOf(given, receivedAt, origin)
          command.verdict = verdict
          const at = receivedAt + lastsMs
          const how: CommandEnd = errorType === undefined ? { at } : { at, errorType }
          const bytes = writtenBy(stencils, command, how) ?? Buffer.alloc(0)
          expect(toPlain(onlySpanIn(bytes))).toEqual(toPlain(span(commandSpan(command, how))))
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it.each([
    ['a text that is not ASCII', { requestId: 'р-1' }, 1000, {}],
    ['a text that is cut', { spanId: 'x'.repeat(1025) }, 1000, {}],
    [
      'a trace state',
      { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'x=y' },
      1000,
      {},
    ],
    ['no time', {}, 0, {}],
    ['parts of an answer', {}, 1000, { items: 1 }],
    ['a wait', {}, 1000, { queueMs: 1 }],
    ['moments', {}, 1000, { timeline: [] }],
    ['no place to be followed', {}, 1000, { state: 'untracked' as const }],
  ])('leave a command with %s to the builder', (_what, given, receivedAt, course) => {
    const stencils = new Stencils()
    expect(writtenBy(stencils, commandOf({}, 1000), { at: 1000 })).toBeDefined()
    const command = Object.assign(commandOf(given, receivedAt), course)
    expect(writtenBy(stencils, command, { at: 1000 })).toBeUndefined()
    // Neither does one of equal form that another command has left.
    expect(writtenBy(stencils, commandOf({ requestId: 'r-1' }, 1000), { at: 1000 })).toBeDefined()
    expect(writtenBy(stencils, commandOf({ requestId: 'р-1' }, 1000), { at: 1000 })).toBeUndefined()
  })
})

const plain = {
  kind: 'command',
  operation: 'getBill',
  requestId: undefined,
  traceId: undefined,
  spanId: undefined,
  traceparent: undefined,
  tracestate: undefined,
  warnings: [],
  size: 1,
  attributes: [],
  orderingKey: undefined,
  callbackUrl: undefined,
} as const

/** The span in the field of a `ScopeSpans`. */
function onlySpanIn(bytes: Buffer): Span {
  const fields = new FieldCursor(bytes, 0, bytes.length)
  expect([fields.next(), fields.field, fields.end]).toEqual([true, 2, bytes.length])
  return Span.of(bytes.subarray(fields.start, fields.end), Resource.empty, Scope.empty)
}
