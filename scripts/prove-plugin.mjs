#!/usr/bin/env node
// Proves that a stranger gets from an empty folder to a span of an own receiver: makes a package, tests and packs it,
// installs it elsewhere, names it in a configuration and posts an event; with a limit of commands and of time. Run it
// through the root script `prove:plugin`. `--binary <file>` proves it with the single-file binary; `--packs <folder>`
// takes packed packages instead of packing them.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as elapse } from 'node:timers/promises'
import { parseArgs } from 'node:util'

import { packAll } from './packages/pack.mjs'
import { fail, root, run } from './packages/run.mjs'

const limits = { commands: 10, seconds: 180 }
const ready = 'Everything is ready. Begin running and processing data.'

const { values } = parseArgs({ options: { binary: { type: 'string' }, packs: { type: 'string' } } })
const binary = values.binary && resolve(values.binary)
const work = mkdtempSync(join(tmpdir(), 'spanloom-plugin-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))

const packs = values.packs ? resolve(values.packs) : packed()
const tarballs = readdirSync(packs)
  .filter((name) => name.endsWith('.tgz'))
  .map((name) => join(packs, name))
const creator = tarballs.find((file) => /[\\/]create-spanloom-plugin-[^\\/]*$/.test(file))
if (creator === undefined) fail(`There is no packed create-spanloom-plugin in ${packs}.`)

let commands = 0
let seconds = 0
const empty = join(work, 'empty')
const made = join(empty, 'spanloom-receiver-acme')
const elsewhere = join(work, 'elsewhere')
for (const folder of [empty, elsewhere]) mkdirSync(folder)

const choices = ['acme', '--kind', 'receiver', '--spanloom', packs]
if (binary) await command(empty, binary, 'create-plugin', ...choices)
else
  await command(
    empty,
    'npm',
    'exec',
    '--yes',
    `--package=${creator}`,
    '--',
    'create-spanloom-plugin',
    ...choices,
  )
await command(made, 'npm', 'install')
await command(made, 'npm', 'test')
await command(made, 'npm', 'pack')

const plugin = join(made, 'spanloom-receiver-acme-0.1.0.tgz')
// The binary brings its own copy of everything; for Node.js the packages of this repository take the registry's place.
await command(elsewhere, 'npm', 'install', plugin, ...(binary ? [] : tarballs))

const port = await freePort()
writeFileSync(
  join(elsewhere, 'pipeline.yaml'),
  `receivers: { acme: { endpoint: 'localhost:${port}', source: shop } }
exporters: { file: { path: ./spans.jsonl } }
service:
  pipelines: { traces: { receivers: [acme], exporters: [file] } }
  telemetry: { metrics: { level: none } }
`,
)
const spanloom = binary ?? join('node_modules', '.bin', 'spanloom')
await command(elsewhere, spanloom, 'validate', '--config', 'pipeline.yaml')
const collector = await background(elsewhere, spanloom, '--config', 'pipeline.yaml')
process.on('exit', () => collector.kill('SIGKILL'))
await timed(`POST http://localhost:${port}/ with the fixture`, async () => {
  const body = readFileSync(join(made, 'test', 'fixtures', 'steps.json'))
  const { status } = await fetch(`http://localhost:${port}/`, { method: 'POST', body })
  if (status !== 200) fail(`The receiver answers with ${status}.`)
})
await timed('stop it and read spans.jsonl', async () => {
  collector.kill('SIGTERM')
  await once(collector, 'close')
  const spans = readFileSync(join(elsewhere, 'spans.jsonl'), 'utf8')
  for (const [what, words] of [
    ['a name', '"name":"pack"'],
    ['an attribute', '"acme.order"'],
    ['the trace id of its order', '69f47e51603190f1c076a93b60e5e833'],
  ])
    if (!spans.includes(words)) fail(`No span has ${what}: ${spans}`)
})

const told = `${commands} commands, ${seconds.toFixed(1)} s, ${binary ? 'with the binary' : `on Node.js ${process.version}`}`
if (commands > limits.commands || seconds > limits.seconds)
  fail(
    `From an empty folder to a span takes ${told}; ${limits.commands} commands and ${limits.seconds} s are allowed.`,
  )
console.log(`From an empty folder to a span: ${told}.`)

function packed() {
  console.log('Building and packing.')
  run('pnpm', ['build'])
  const folder = join(work, 'packs')
  mkdirSync(folder)
  packAll(folder)
  return folder
}

/** What a user types; fails with what it printed. */
function command(cwd, program, ...args) {
  return timed(shown(program, args), async () => {
    const { child, output } = start(cwd, program, args)
    const [code] = await once(child, 'close')
    if (code !== 0) fail(`It ends with ${code}:\n${output()}`)
  })
}

/** What a user leaves running; resolves once it is ready. */
function background(cwd, program, ...args) {
  return timed(`${shown(program, args)} &`, async () => {
    const { child, output } = start(cwd, program, args)
    while (!output().includes(ready)) {
      if (child.exitCode !== null) fail(`It ends with ${child.exitCode}:\n${output()}`)
      await elapse(10)
    }
    return child
  })
}

function start(cwd, program, args) {
  const env = {
    ...process.env,
    npm_config_update_notifier: 'false',
    npm_config_fund: 'false',
    npm_config_audit: 'false',
  }
  const child = spawn(program, args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  })
  const chunks = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => chunks.push(chunk))
  return { child, output: () => Buffer.concat(chunks).toString() }
}

async function timed(name, work) {
  const begun = performance.now()
  commands++
  const result = await work()
  const took = (performance.now() - begun) / 1000
  seconds += took
  console.log(`${String(commands).padStart(2)}  ${took.toFixed(1).padStart(5)} s  ${name}`)
  return result
}

/** Long lists of tarballs tell nobody anything. */
function shown(program, args) {
  const known = [
    [work, '~'],
    [packs, 'packs'],
    [root, ''],
  ]
  const short = (text) => known.reduce((text, [long, name]) => text.replaceAll(long, name), text)
  const files = args.filter((arg) => arg.startsWith(packs) && arg.endsWith('.tgz'))
  const rest = args.filter((arg) => !files.includes(arg)).map(short)
  return [short(program), ...rest, ...(files.length === 0 ? [] : [`packs/*.tgz`])].join(' ')
}

async function freePort() {
  const server = createServer().listen(0, 'localhost')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}
