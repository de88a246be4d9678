import { expect, test } from 'vitest'

import { outage } from './outage/outage.ts'

// One fiftieth of 10 minutes; `node packages/collector/test/outage/main.ts` takes as long as it is told.
const seconds = 12

test.each([
  { how: 'busy', disorder: 0 },
  // Nobody saw the first attempts, so what is seen in another order are the later ones.
  { how: 'gone', disorder: Infinity },
] as const)(
  `a destination that is $how for ${seconds} s of 5,000 spans/s gets everything, first attempts in order, from a small process`,
  async ({ how, disorder }) => {
    const { sent, delivered, outOfOrder, rssMiB } = await outage({ seconds, how })

    expect(delivered).toBe(sent)
    expect(outOfOrder).toBeLessThanOrEqual(disorder)
    expect(rssMiB.highest).toBeLessThan(rssMiB.before + 160)
  },
  90_000,
)
