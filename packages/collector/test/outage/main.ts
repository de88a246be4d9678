// A destination that is down for long: node packages/collector/test/outage/main.ts --seconds 600
import { parseArgs } from 'node:util'

import { outage } from './outage.ts'

const log = (line: string): void => void process.stderr.write(`${line}\n`)

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '600' },
      rate: { type: 'string', default: '5000' },
      how: { type: 'string', default: 'busy' },
    },
  })
  const how = values.how === 'gone' ? 'gone' : 'busy'
  const report = await outage({
    seconds: Number(values.seconds),
    spansPerSecond: Number(values.rate),
    how,
    log,
  })
  process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`)
  process.exitCode = report.delivered === report.sent && report.outOfOrder === 0 ? 0 : 1
}

void main()
