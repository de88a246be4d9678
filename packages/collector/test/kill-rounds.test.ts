import { expect, test } from 'vitest'

import { bookOf } from './books.ts'
import { killRounds, summary } from './kill-rounds/kill-rounds.ts'

const rounds = 20
const seed = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000)

test(`${rounds} times kill -9 under load, at start, reload or drain: nothing lost, doubled or wrong (seed ${seed})`, async () => {
  const report = await killRounds({ rounds, seed })

  expect(summary(report)).toMatchObject({ lost: 0, extra: 0, wrong: 0, refused: 0, faults: [], exitCode: 0 })
  expect(report.expected).toBeGreaterThan(rounds * 5)
  expect(report.retries).toBeGreaterThan(rounds)
  expect(bookOf(report.books, 'otlp_http')).toMatchObject({ dropped: {}, held: 0 })
}, 300_000)
