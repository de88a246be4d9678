import { expect, it } from 'vitest'

import { Timeline } from './timeline.ts'

it('fires the timers of some owners, each at its time, and leaves those of others', () => {
  const timeline = new Timeline(1_000)
  const fired: string[] = []
  const [holder, other] = [timeline.clock('holder'), timeline.clock('other')]
  other.schedule(1, () => fired.push(`other ${timeline.now}`))
  holder.schedule(20, () => fired.push(`late ${timeline.now}`))
  holder.schedule(10, () => fired.push(`early ${timeline.now}`))
  holder.schedule(15, () => fired.push('never')).cancel()
  const owners = new Set(['holder'])

  expect(timeline.nextDue(owners)).toBe(1_010)
  timeline.fireNext(owners)
  timeline.fireNext(owners)
  timeline.fireNext(owners)
  expect(fired).toEqual(['early 1010', 'late 1020'])
  expect([timeline.nextDue(owners), holder.now(), holder.monotonic()]).toEqual([undefined, 1_020, 20])

  // What was passed over fires as soon as its owner matters, but time never goes back.
  expect(timeline.nextDue(new Set(['other']))).toBe(1_020)
  timeline.fireNext(new Set(['other']))
  timeline.moveTo(500)
  expect(fired.at(-1)).toBe('other 1020')
  expect(timeline.now).toBe(1_020)
})
