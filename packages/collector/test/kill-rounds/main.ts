// Kills a spanloom process under load as often as asked: node packages/collector/test/kill-rounds/main.ts --rounds 200
import { parseArgs } from 'node:util'

import { killRounds, summary } from './kill-rounds.ts'

const log = (line: string): void => void process.stderr.write(`${line}\n`)

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '200' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      senders: { type: 'string', default: '6' },
    },
  })
  const [rounds, seed, senders] = [Number(values.rounds), Number(values.seed), Number(values.senders)]
  log(`${rounds} rounds, seed ${seed}`)
  const report = await killRounds({ rounds, seed, senders, log })
  process.stdout.write(`${JSON.stringify(summary(report), undefined, 2)}\n`)
  const { lost, extra, wrong, refused, exitCode } = report
  process.exitCode = lost.length + extra.length + wrong.length + refused + exitCode === 0 ? 0 : 1
}

void main()
