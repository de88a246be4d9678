#!/usr/bin/env node
// Builds the binary and checks that it does what the sources do: components, every example configuration, and what it
// costs to have it beside an application. Run it through the root script `check:binary`; `--runs <n>` and
// `--binary <file>` (a built one) are for measuring. `--packs <folder>` has packed packages, which are made otherwise.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as elapse } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/** Budgets; the time of a start depends on the machine, so it has none. */
const limits = { sizeMb: 130, idleMib: 110 }
const ready = 'Everything is ready. Begin running and processing data.'
/** V8 gives memory back when nothing has happened for a while. */
const settleMs = 15_000

const root = fileURLToPath(new URL('..', import.meta.url))
const { values } = parseArgs({
  options: { binary: { type: 'string' }, packs: { type: 'string' }, runs: { type: 'string', default: '5' } },
})
const binary = values.binary ?? join(root, 'build', 'spanloom')
const run = (command, args, options = {}) =>
  execFileSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 27,
    stdio: ['ignore', 'pipe', 'inherit'],
    ...options,
  })
const sources = (...args) => run(process.execPath, ['packages/collector/src/cli.ts', ...args])

if (values.binary === undefined) run(process.execPath, ['scripts/build-binary.mjs'], { stdio: 'inherit' })

const sizeMb = statSync(binary).size / 1e6
expect(sizeMb < limits.sizeMb, `it has ${sizeMb.toFixed(1)} MB, and at most ${limits.sizeMb} are allowed`)

for (const args of [['--version'], ['components'], ['schema'], ['--help']])
  expect(run(binary, args) === sources(...args), `"${args[0]}" prints something else than the sources`)

const licenses = JSON.parse(run(binary, ['licenses', '--format', 'json']))
const incomplete = licenses.filter(({ name, version, license }) => !name || !version || !license)
expect(incomplete.length === 0, `it does not tell the licences of ${JSON.stringify(incomplete)}`)
for (const name of ['node', '@spanloom/core', 'undici', 'yaml'])
  expect(
    licenses.some((entry) => entry.name === name && entry.text !== ''),
    `it does not tell the licence of ${name}`,
  )

const examples = readdirSync(join(root, 'config')).filter((name) => name.endsWith('.yaml'))
for (const name of examples) run(binary, ['validate', '--config', join('config', name)])
console.log(`Running the examples with it, all ${examples.length}.`)
run('vitest', ['run', '--project', '@spanloom/collector', '--retry', '1', 'config-examples'], {
  stdio: 'inherit',
  env: { ...process.env, SPANLOOM_BINARY: binary },
})

console.log('Making, installing and running a plugin with it.')
run(
  process.execPath,
  ['scripts/prove-plugin.mjs', '--binary', binary, ...(values.packs ? ['--packs', values.packs] : [])],
  { stdio: 'inherit' },
)

const pipeline = join(root, 'scripts', 'binary', 'warm-up.yaml')
const starts = []
const bare = []
for (let round = 0; round < Number(values.runs); round++) {
  bare.push(await timeOf(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' })))
  const started = performance.now()
  const collector = spawn(binary, ['--config', pipeline], { stdio: ['ignore', 'ignore', 'pipe'] })
  await untilReady(collector)
  starts.push(performance.now() - started)
  collector.kill('SIGKILL')
  await once(collector, 'close')
}
const idle = spawn(binary, ['--config', pipeline], { stdio: ['ignore', 'ignore', 'pipe'] })
await untilReady(idle)
await elapse(settleMs)
const status = readFileSync(`/proc/${idle.pid}/status`, 'utf8')
const [total, own] = ['VmRSS', 'RssAnon'].map(
  (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024,
)
idle.kill('SIGTERM')
const [code] = await once(idle, 'close')
expect(code === 0, `it ends with ${code} when it is told to stop`)
expect(
  total < limits.idleMib,
  `idle it takes ${total.toFixed(0)} MiB, and at most ${limits.idleMib} are allowed`,
)

console.log(`Size: ${sizeMb.toFixed(1)} MB with ${licenses.length} packages.`)
console.log(
  `Cold start to ready: ${summary(starts)}; "node -e 0" here, in turn: ${summary(bare)} (${values.runs} runs).`,
)
console.log(`Idle: ${total.toFixed(1)} MiB resident, ${own.toFixed(1)} MiB of it not file pages.`)

async function timeOf(child) {
  const started = performance.now()
  await once(child, 'close')
  return performance.now() - started
}

async function untilReady(child) {
  let told = ''
  for await (const chunk of child.stderr.iterator({ destroyOnReturn: false })) {
    told += chunk
    if (told.includes(ready)) return void child.stderr.resume()
  }
  expect(false, `it does not become ready: ${told}`)
}

function summary(times) {
  const sorted = times.toSorted((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)]
  return `median ${median.toFixed(0)} ms, ${sorted[0].toFixed(0)} to ${sorted.at(-1).toFixed(0)} ms`
}

function expect(holds, otherwise) {
  if (holds) return
  console.error(`Error: ${binary}: ${otherwise}.`)
  process.exit(1)
}
