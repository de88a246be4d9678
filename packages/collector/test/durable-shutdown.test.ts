import { expect, test, vi } from 'vitest'

import { insist, piece, runDurable, spanIdOf } from './durable-run.ts'
import { temporaryFolder } from './example-run.ts'
import { MoodyBackend } from './moody-backend.ts'
import { freePort } from './process.ts'

vi.setConfig({ testTimeout: 120_000 })

const limitMs = 2_000
const service = { shutdown_timeout: `${limitMs}ms` }
const [whole, open] = [150, 50]

const lostIn = (log: string): number =>
  log
    .split('\n')
    .filter((line) => line.includes('Spans were lost at shutdown.'))
    .reduce((sum, line) => sum + Number(/"lost_spans":(\d+)/.exec(line)?.[1]), 0)

test.each([
  // One attempt for each request is enough to know that nobody listens.
  { destination: 'is gone', storage: false, code: 0, lost: whole + open },
  { destination: 'hangs', storage: false, code: 1, lost: whole + open },
  { destination: 'is gone', storage: true, code: 0, lost: 0 },
  { destination: 'hangs', storage: true, code: 1, lost: 0 },
])(
  'a stop while the destination $destination, storage: $storage: in time, code $code, $lost spans lost',
  async ({ destination, storage, code, lost }) => {
    await using folder = await temporaryFolder()
    await using backend = new MoodyBackend(await freePort())
    if (destination === 'hangs') {
      await backend.up()
      backend.mood = 'hangs'
    }
    const memory = storage ? {} : { processors: { span_assembly: {} }, queue: { storage: undefined } }
    const run = {
      directory: folder.path,
      backend: backend.url,
      service,
      exporter: { timeout: '60s' },
      ...memory,
    }
    await using cli = await runDurable(run)
    for (let number = 1; number <= whole; number++) await insist(cli, [piece(number, 'whole')])
    for (let number = whole + 1; number <= whole + open; number++) await insist(cli, [piece(number, 'start')])

    const before = performance.now()
    cli.signal('SIGTERM')
    expect(await cli.exit).toBe(code)

    expect(performance.now() - before).toBeLessThan(limitMs + 1_000)
    expect(lostIn(cli.stderr())).toBe(lost)
    if (!storage) return
    backend.mood = 'takes'
    if (destination === 'is gone') await backend.up()
    await using second = await runDurable(run)
    for (let number = whole + 1; number <= whole + open; number++)
      await insist(second, [piece(number, 'end')])
    const all = Array.from({ length: whole + open }, (_, index) => spanIdOf(index + 1))
    await vi.waitFor(() => expect([...new Set(backend.taken)].toSorted()).toEqual(all), { timeout: 20_000 })
  },
)
