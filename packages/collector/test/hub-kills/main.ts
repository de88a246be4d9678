// Kills a spanloom process that reads a hub: node packages/collector/test/hub-kills/main.ts --rounds 20 --events 100000 --to otlp|hub
import { parseArgs } from 'node:util'

import { hubKills } from './hub-kills.ts'

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '20' },
      events: { type: 'string', default: '100000' },
      to: { type: 'string', default: 'otlp' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    },
  })
  const [rounds, events, seed] = [Number(values.rounds), Number(values.events), Number(values.seed)]
  process.stderr.write(`${rounds} rounds over ${events} events, seed ${seed}\n`)
  const report = await hubKills({
    rounds,
    events,
    seed,
    to: values.to === 'hub' ? 'hub' : 'otlp',
    onRound: (round, arrived) => void process.stderr.write(`round ${round}: ${arrived} spans so far\n`),
  })
  const { lost, extra, wrong, changed, ...rest } = report
  const counts = { lost: lost.length, extra: extra.length, wrong: wrong.length, changed: changed.length }
  process.stdout.write(`${JSON.stringify({ ...rest, ...counts }, undefined, 2)}\n`)
  process.exitCode = Object.values(counts).every((count) => count === 0) && report.leaks === 0 ? 0 : 1
}

void main()
