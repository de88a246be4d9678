import { type Span, span, type SpanInit } from '@spanloom/core'

const start = 1_767_225_600_000_000_000n
const milli = 1_000_000n

/** A span of one trace, `from` and `to` in milliseconds after its start. */
export function step(
  id: number,
  from: number | undefined,
  to: number | undefined,
  more: Partial<SpanInit> = {},
): Span {
  return span({
    traceId: 'a'.repeat(32),
    spanId: id.toString(16).padStart(16, '0'),
    name: `step ${id}`,
    ...(from === undefined ? {} : { startTime: start + BigInt(from) * milli }),
    ...(to === undefined ? {} : { endTime: start + BigInt(to) * milli }),
    resource: { 'service.name': 'shop' },
    ...more,
  })
}

/** The id of a step. */
export function id(number: number): string {
  return number.toString(16).padStart(16, '0')
}
