import type { AssemblyProfile } from '@spanloom/core'
import type { PlainSpan } from '@spanloom/core/testing'
import * as fc from 'fast-check'

import { defaultProfile, type Profile } from '../../src/profile.ts'
import type { Plain } from '../assembly.ts'

const traces = ['4bf92f3577b34da6a3ce929d0e0e4736', '0af7651916cd43dd8448eb211c80319c']
const origin = 1_767_225_600_000_000_000n
export const names: readonly string[] = ['default', 'one', 'two']
const keyNames = ['order', 'group', 'slot/1']

const id = (number: number): string => String(number).padStart(16, '0')
const at = (tick: number): string => String(origin + BigInt(tick) * 1_000_000_000n)
const sometimes = <T>(value: fc.Arbitrary<T>, weight: number = 4): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value })

export const profileArbitrary: fc.Arbitrary<AssemblyProfile> = fc.record(
  {
    end: fc.constantFrom('last', 'first', 'new'),
    onRestart: fc.constantFrom('ignore', 'merge', 'close', 'abandon'),
    orphanUpdate: fc.constantFrom('keep', 'drop'),
    onTimeout: fc.constantFrom('emit', 'drop'),
    late: fc.constantFrom('span', 'drop'),
    rerunLink: fc.boolean(),
    settleMs: fc.constantFrom(0, 2_000, 40_000),
    startWaitMs: fc.constantFrom(0, 30_000),
    idleTimeoutMs: fc.constantFrom(20_000, 86_400_000),
    tombstoneTtlMs: fc.constantFrom(10_000, 86_400_000),
    waitForParentMs: fc.constantFrom(0, 0, 5_000),
    clockSkewMs: fc.constantFrom(0, 2_000, 5_000),
    maxSpanEvents: fc.constantFrom(2, 1_000),
    ranks: fc.record({ start: fc.constantFrom(0, 20, 30) }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
)

const nameArbitrary = fc.oneof(
  fc.constantFrom(...keyNames),
  fc
    .tuple(fc.constantFrom(...traces), fc.integer({ min: 1, max: 3 }))
    .map(([trace, one]) => `${trace}/${id(one)}`),
)

const steeringArbitrary = fc.record(
  {
    'spanloom.key': sometimes(fc.constantFrom(...keyNames), 2),
    'spanloom.parent.key': sometimes(nameArbitrary, 3),
    'spanloom.alias': sometimes(fc.subarray(keyNames)),
    'spanloom.rank': sometimes(fc.constantFrom(0, 10, 20, 30)),
    'spanloom.event.id': sometimes(fc.constantFrom('e1', 'e2'), 9),
    'spanloom.assumed': sometimes(fc.subarray(['start', 'service.name', 'state'])),
    'spanloom.group': sometimes(nameArbitrary),
    'spanloom.close': sometimes(fc.boolean(), 6),
    'spanloom.profile': sometimes(fc.constantFrom(...names, 'stranger'), 1),
    state: sometimes(fc.constantFrom('new', 'done'), 1),
    count: sometimes(fc.integer({ min: 0, max: 3 }), 2),
  },
  { requiredKeys: [] },
)

const linkArbitrary = fc.record({
  traceId: fc.constantFrom(...traces),
  spanId: fc.integer({ min: 1, max: 3 }).map(id),
  attributes: fc.constantFrom({}, { reason: 'cause' }, { 'spanloom.link.key': 'order' }),
})

const tick = fc.integer({ min: 1, max: 9 })

const spanArbitrary: fc.Arbitrary<PlainSpan> = fc
  .record({
    traceId: fc.constantFrom(...traces),
    spanId: fc.integer({ min: 1, max: 3 }).map(id),
    parentSpanId: fc.oneof(
      { weight: 2, arbitrary: fc.constant('') },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }).map(id) },
    ),
    name: fc.constantFrom('pay', 'pay', 'ship', ''),
    kind: fc.constantFrom('INTERNAL', 'UNSPECIFIED', 'SERVER'),
    times: fc.oneof(
      fc.tuple(tick, fc.constant(0)),
      fc.tuple(fc.constant(0), tick),
      fc.tuple(fc.constant(0), fc.constant(0)),
      fc.tuple(tick, tick),
    ),
    status: fc.constantFrom<NonNullable<PlainSpan['status']>[]>(
      { code: 'UNSET' },
      { code: 'UNSET' },
      { code: 'ERROR', message: 'no' },
      { code: 'OK' },
    ),
    attributes: steeringArbitrary,
    resource: fc.constantFrom({ 'service.name': 'shop' }, { 'service.name': 'store', zone: 'a' }),
    events: fc.array(
      fc.record({
        timeUnixNano: tick.map(at),
        name: fc.constantFrom('note', 'ping'),
        attributes: fc.constant({}),
      }),
      { maxLength: 2 },
    ),
    links: fc.oneof(
      { weight: 4, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(linkArbitrary, { maxLength: 2 }) },
    ),
  })
  .map(({ times: [start, end], attributes, ...rest }) => ({
    ...rest,
    startTimeUnixNano: start === 0 ? '0' : at(start),
    endTimeUnixNano: end === 0 ? '0' : at(end),
    attributes: withoutUndefined(attributes),
  }))

/** What happens to an assembler in a test. */
export type Step =
  | { readonly add: PlainSpan }
  | { readonly again: number }
  | { readonly wait: number }
  | { readonly wall: number }

export const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ add: spanArbitrary }) },
  { weight: 2, arbitrary: fc.record({ again: fc.nat({ max: 20 }) }) },
  { weight: 4, arbitrary: fc.record({ wait: fc.constantFrom(1, 1_999, 2_000, 10_000, 30_000, 86_400_000) }) },
  { weight: 1, arbitrary: fc.record({ wall: fc.constantFrom(0, 1_000, 1_767_225_603_000, 4e12) }) },
)

function withoutUndefined(value: object): NonNullable<PlainSpan['attributes']> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined))
}

/** In an order that does not depend on when they left. */
export const sorted = (spans: readonly Plain[]): readonly Plain[] =>
  spans.toSorted((left, right) => (stable(left) < stable(right) ? -1 : 1))

/** The same text for equal spans. */
export const stable = (span: Plain): string =>
  JSON.stringify(span, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : value,
  )

/** With everything that it leaves open. */
export function completed(profile: AssemblyProfile): Profile {
  const { ranks, ...rest } = profile
  return { ...defaultProfile, ...rest, ranks: { ...defaultProfile.ranks, ...ranks } } as Profile
}
