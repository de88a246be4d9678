import { expect, it } from 'vitest'

import { fakeClock } from '../testing/fake-clock.ts'
import { LogThrottle } from './log-throttle.ts'

it('EXP-25: lets one line through per interval and tells what it held back', async () => {
  const clock = fakeClock()
  const throttle = new LogThrottle(clock, 1_000)
  const lines: unknown[] = []
  const log = (items: number): void => throttle.run(items, (suppressed) => lines.push(suppressed))
  for (const items of [1, 2, 3]) log(items)
  await clock.advance(1_000)
  log(4)
  await clock.advance(1_000)
  log(5)

  expect(lines).toEqual([{}, { suppressed: 2, suppressed_items: 5 }, {}])
})
