import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'

import { afterEach, expect, test, vi } from 'vitest'

import { insist, piece, post, runDurable, spanIdOf, startDurable } from './durable-run.ts'
import { temporaryFolder } from './example-run.ts'
import { MoodyBackend } from './moody-backend.ts'
import { freePort } from './process.ts'
import { smallDisk } from './small-disk.ts'

vi.setConfig({ testTimeout: 180_000 })

const numbers = (from: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => from + index)

const backends: MoodyBackend[] = []
afterEach(async () => {
  for (const backend of backends.splice(0)) await backend.down()
})

async function sleepingBackend(): Promise<MoodyBackend> {
  const backend = new MoodyBackend(await freePort())
  backends.push(backend)
  return backend
}

/** Waits until each of these spans has arrived, once. */
async function arrival(backend: MoodyBackend, expected: readonly number[]): Promise<void> {
  const ids = expected.map((number) => spanIdOf(number)).toSorted()
  await vi.waitFor(() => expect([...new Set(backend.taken)].toSorted()).toEqual(ids), { timeout: 40_000 })
}

test('a full disk: 503 while it is full, a start on it, and everything that was acknowledged in the end', async () => {
  using disk = smallDisk(12)
  const backend = await sleepingBackend()
  const storage = disk.isReal ? { ballast: '1MiB' } : { max_disk: '3MiB' }
  const run = { directory: disk.path, backend: backend.url, storage }
  console.info(
    disk.isReal ? 'The disk is a tmpfs of 12 MiB.' : 'No tmpfs can be mounted here: max_disk is used.',
  )
  const open = numbers(1, 50)
  const stored: number[] = []

  await using first = await runDurable(run)
  await insist(
    first,
    open.map((number) => piece(number, 'start')),
  )
  for (let number = 1_000, refused = 0; refused < 20; number++) {
    const padding = randomBytes(15_000).toString('hex')
    const status = await post(first, [piece(number, 'whole', { attributes: { padding } })])
    expect([200, 503]).toContain(status)
    if (status === 200) stored.push(number)
    else refused++
  }
  expect(stored.length).toBeGreaterThan(50)
  expect(first.child.exitCode).toBeNull()
  expect(first.stderr()).toContain('The storage refuses data: there is no room.')
  first.child.kill('SIGKILL')
  await first.exit.catch(() => undefined)

  await using second = await runDurable(run)
  await backend.up()
  await arrival(backend, stored)
  await insist(
    second,
    open.map((number) => piece(number, 'end')),
  )
  await arrival(backend, [...stored, ...open])
  second.signal('SIGTERM')
  expect(await second.exit).toBe(0)
})

test('a directory that cannot be written: the process says so and ends, and nothing in it is lost', async () => {
  using disk = smallDisk(64)
  const backend = await sleepingBackend()
  const run = { directory: disk.path, backend: backend.url }
  await using first = await runDurable(run)
  await insist(first, [...numbers(1, 20).map((number) => piece(number, 'start')), piece(100, 'whole')])
  first.signal('SIGTERM')
  expect(await first.exit).toBe(0)

  disk.readOnly(true)
  await using second = startDurable(run)
  expect(await second.exit).toBe(1)
  expect(second.stderr()).toMatch(/failed to start .*(directory|file) .* cannot be written/)

  disk.readOnly(false)
  await backend.up()
  await using third = await runDurable(run)
  await insist(
    third,
    numbers(1, 20).map((number) => piece(number, 'end')),
  )
  await arrival(backend, [...numbers(1, 20), 100])
})

/** Makes noise of pages that hold an index or the name of the owner, and of none that hold data. */
function damage(path: string): number {
  const unclean = new DatabaseSync(path)
  unclean.exec("UPDATE meta SET v = 'open' WHERE k = 'state'")
  unclean.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  unclean.close()
  const content = readFileSync(path)
  const pages = Array.from({ length: content.length / 4_096 }, (_, page) => page).filter(
    (page) => page > 0 && content[page * 4_096] === 10,
  )
  const file = openSync(path, 'r+')
  for (const page of pages) writeSync(file, Buffer.alloc(64, 0xa5), 0, 64, page * 4_096)
  closeSync(file)
  return pages.length
}

test('damaged files: they are moved aside, what they held goes on, and the log tells', async () => {
  await using folder = await temporaryFolder()
  const backend = await sleepingBackend()
  const run = { directory: folder.path, backend: backend.url }
  const [open, stored] = [numbers(1, 300), numbers(1_000, 60)]
  await using first = await runDurable(run)
  await insist(
    first,
    open.map((number) => piece(number, 'start')),
  )
  for (const number of stored) await insist(first, [piece(number, 'whole')])
  first.signal('SIGTERM')
  expect(await first.exit).toBe(0)
  const files = readdirSync(folder.path).filter((name) => name.endsWith('.db'))
  expect(files).toHaveLength(2)
  for (const file of files) expect(damage(join(folder.path, file))).toBeGreaterThan(0)

  await backend.up()
  await using second = await runDurable(run)
  const told = second
    .stderr()
    .split('\n')
    .filter((line) => line.includes('was moved aside and a new one begun'))
  expect(told).toHaveLength(2)
  for (const line of told) expect(line).toMatch(/"moved_to":".*\.corrupt-\d{8}T\d{9}Z","salvaged":[1-9]/)
  await insist(
    second,
    open.map((number) => piece(number, 'end')),
  )
  await arrival(backend, [...stored, ...open])
  expect(readdirSync(folder.path).filter((name) => name.includes('.corrupt-'))).toHaveLength(2)
})

test('a smaller queue_size after a restart: everything leaves, and then there is room again', async () => {
  await using folder = await temporaryFolder()
  const backend = await sleepingBackend()
  const run = { directory: folder.path, backend: backend.url }
  const stored = numbers(1, 80)
  await using first = await runDurable(run)
  for (const number of stored) await insist(first, [piece(number, 'whole')])
  first.child.kill('SIGKILL')
  await first.exit.catch(() => undefined)

  await using second = await runDurable({ ...run, queue: { queue_size: 5, num_consumers: 1 } })
  expect(await post(second, [piece(500, 'whole')])).toBe(503)
  await backend.up()
  await arrival(backend, stored)
  await insist(second, [piece(501, 'whole')])
  await arrival(backend, [...stored, 501])
})

const clockFile = fileURLToPath(new URL('shifted-clock.mjs', import.meta.url))
const withClock = (shiftMs: number): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: `--import=${clockFile}`,
  CLOCK_SHIFT_MS: String(shiftMs),
})

test('a clock set back by an hour, while it runs and over a restart: nothing waits for an hour', async () => {
  await using folder = await temporaryFolder()
  const backend = await sleepingBackend()
  await backend.up()
  backend.mood = 'busy'
  const run = { directory: folder.path, backend: backend.url, env: withClock(0) }
  await using first = await runDurable(run)
  await insist(first, [piece(1, 'start'), piece(2, 'whole'), piece(3, 'start')])
  await vi.waitFor(() => expect(backend.seen.length).toBeGreaterThan(2), { timeout: 20_000 })
  first.child.kill('SIGUSR2')
  await insist(first, [piece(1, 'end'), piece(4, 'start'), piece(5, 'whole')])
  await vi.waitFor(() => expect(new Set(backend.seen)).toContain(spanIdOf(1)), { timeout: 20_000 })
  first.child.kill('SIGKILL')
  await first.exit.catch(() => undefined)

  backend.mood = 'takes'
  await using second = await runDurable({ ...run, env: withClock(-2 * 3_600_000) })
  expect(Date.parse(/^\S+/m.exec(second.stderr())?.[0] ?? '')).toBeLessThan(Date.now() - 7_000_000)
  await insist(second, [piece(3, 'end'), piece(4, 'end')])
  await arrival(backend, [1, 2, 3, 4, 5])
  second.signal('SIGTERM')
  expect(await second.exit).toBe(0)
})
