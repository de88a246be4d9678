import { fakeClock, silentLogger, testTelemetry } from '@spanloom/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { systemRandom } from '../identity/trace-id.ts'
import { originOf } from '../link/origin.ts'
import { compileProfile } from '../message/compile-profile.ts'
import type { Command } from './command.ts'
import { createMetrics } from './metrics.ts'
import { Tracker } from './tracker.ts'

const tenants = ['a', 'b'] as const
const origins = tenants.map((tenant) =>
  originOf({ connection: 'c', tenant, url: new URL('ws://host/'), answersOnSocket: false }),
)
const metrics = createMetrics('websocket', testTelemetry(), {
  open: () => 0,
  late: () => 0,
  queued: () => 0,
  connections: () => new Map(),
})

/** Makes commands with a time of their own each, and keeps them. */
function commands(): {
  tracker: Tracker
  readonly add: (tenant: number, requestId: string, traceId: string) => void
  all: Command[]
} {
  const all: Command[] = []
  const tracker = new Tracker({
    settings: {
      responseTimeoutMs: 1,
      lateWindowMs: 1,
      maxPending: 1000,
      oneWayOperations: new Set(),
      followsOneWay: true,
      operations: new Set(),
      parent: 'when_valid',
      recordTimeline: false,
      messageSize: false,
      startFragments: false,
      logCommands: false,
    },
    profile: compileProfile('expirenza'),
    emit: () => undefined,
    emitCommand: () => undefined,
    metrics,
    logger: silentLogger,
    clock: fakeClock(),
    time: () => 0,
    random: systemRandom,
  })
  return {
    tracker,
    all,
    add(tenant, requestId, traceId) {
      const origin = origins[tenant]
      if (origin === undefined) return
      const message = {
        kind: 'command',
        operation: 'getBill',
        requestId,
        traceId,
        spanId: undefined,
        traceparent: undefined,
        tracestate: undefined,
        warnings: [],
        size: 1,
        attributes: [],
        orderingKey: undefined,
        callbackUrl: undefined,
      } as const
      all.push(tracker.begin(message, origin, 1000 + all.length))
    },
  }
}

describe('CommandTable', () => {
  it('finds by trace id the same command, no matter when it was first asked', () => {
    const step = fc.oneof(
      fc.record({ what: fc.constant('add' as const), tenant: fc.nat({ max: 1 }), id: fc.nat({ max: 3 }) }),
      fc.record({ what: fc.constantFrom('end' as const, 'late' as const), which: fc.nat() }),
      fc.record({ what: fc.constant('ask' as const) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { tracker, add, all } = commands()
        const { table } = tracker
        const find = (tenant: string, traceId: string): Command | undefined =>
          table.match({ scope: tenant, requestId: undefined, operation: undefined, traceId })
        for (const each of steps) {
          if (each.what === 'add') add(each.tenant, `r-${all.length}`, `id-${each.id}`)
          else if (each.what === 'ask') find('a', 'id-0')
          else {
            const command = all[each.which % Math.max(1, all.length)]
            if (command !== undefined) tracker.end(command, { at: 0 }, each.what === 'late')
          }
        }
        for (const tenant of tenants)
          for (const traceId of ['id-0', 'id-1', 'id-2', 'id-3']) {
            const same = all.filter(
              ({ origin, verbatimTraceId }) => origin.scope === tenant && verbatimTraceId === traceId,
            )
            const expected =
              same.find(({ state }) => state === 'open') ?? same.find(({ state }) => state === 'late')
            expect(find(tenant, traceId)).toBe(expected)
            const open = same.filter(({ state }) => state === 'open')
            for (const one of all.filter(({ origin }) => origin.scope === tenant))
              expect(table.isOther(one, traceId)).toBe(open.some((other) => other !== one))
          }
      }),
      { numRuns: 300 },
    )
  })
})
