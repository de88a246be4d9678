import { expect, test } from 'vitest'

import { hubKills } from './hub-kills/hub-kills.ts'

const rounds = 3
const seed = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000)

test.each(['otlp', 'hub'] as const)(
  `${rounds} times kill -9 between a hub and %s: every span arrives once or equal (seed ${seed})`,
  async (to) => {
    const report = await hubKills({ rounds, events: 8_000, seed, to })

    expect(report).toMatchObject({ expected: 4_000, lost: [], extra: [], wrong: [], changed: [], leaks: 0 })
  },
  300_000,
)
