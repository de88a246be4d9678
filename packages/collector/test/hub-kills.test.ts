import { expect, test } from 'vitest'

import { hubKills } from './hub-kills/hub-kills.ts'

const rounds = 3
const seed = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000)

test(`${rounds} times kill -9 of a receiver between a hub and its disk: every span arrives once or equal (seed ${seed})`, async () => {
  const report = await hubKills({ rounds, events: 8_000, seed })

  expect(report).toMatchObject({ expected: 4_000, lost: [], extra: [], wrong: [], changed: [], leaks: 0 })
}, 300_000)
