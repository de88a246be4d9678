#!/usr/bin/env node
// Builds the collector as one executable file that needs nothing beside it: build/spanloom, or `--out <file>`.
// Run it through the root script `build:binary`.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { inject } from 'postject'

import { bundle } from './binary/bundle.mjs'
import { chunkName } from './binary/chunks.mjs'
import { licensesOf } from './binary/licenses.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const here = (name) => join(root, 'scripts', 'binary', name)
const { values } = parseArgs({
  options: { out: { type: 'string', default: join(root, 'build', 'spanloom') } },
})
const out = resolve(values.out)

if (process.platform !== 'linux') fail(`Built on Linux only; this is ${process.platform}.`)
if (process.versions.node.split('.')[0] !== '24')
  fail(`The binary contains Node.js 24; run this with one (this is ${process.version}).`)

const work = mkdtempSync(join(tmpdir(), 'spanloom-binary-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))
const file = (name) => join(work, name)

/** Packages that a pipeline needs only for gRPC, for HTTP clients, or for event hubs. */
const chunkPackages = ['@grpc/grpc-js', 'undici', '@platformatic/kafka', '@azure/event-hubs']

const [program, thread, ...chunks] = await Promise.all([
  bundle(root, 'packages/collector/src/cli.ts', chunkPackages),
  bundle(root, 'packages/extension-storage/src/thread/worker.ts', []),
  ...chunkPackages.map((name) => bundle(root, entryOf(name), chunkPackages)),
])
const licenses = licensesOf(
  root,
  [program, thread, ...chunks].flatMap(({ inputs }) => inputs),
)
writeFileSync(file('licenses.json'), JSON.stringify(licenses))
writeFileSync(file('storage-thread.cjs'), thread.code) // read as UTF-8
const loaded = ['spanloom', ...chunkPackages.map((name) => chunkName(name))]
for (const [index, { code }] of [program, ...chunks].entries()) {
  const name = loaded[index]
  writeFileSync(
    file(`${name}.cjs`),
    `(function (exports, require, module, __filename, __dirname) {\n${code}\n})`,
  )
  // Stays empty for what the start of the warm-up does not use.
  writeFileSync(file(`${name}.compiled`), '')
  console.log(`Bundled ${name}: ${megabytes(statSync(file(`${name}.cjs`)).size)}.`)
}
console.log(`They are made of ${licenses.length - 1} packages.`)

const flags = v8Flags(readFileSync(join(root, 'packages/collector/src/cli.ts'), 'utf8'))
run(process.execPath, [...flags, here('compile.mjs'), work, here('warm-up.yaml')])

const assets = [
  ...loaded.flatMap((name) => [`${name}.cjs`, `${name}.compiled`]),
  'storage-thread.cjs',
  'licenses.json',
]
const recipe = {
  main: here('boot.cjs'),
  output: file('blob'),
  disableExperimentalSEAWarning: true,
  execArgv: flags,
  assets: Object.fromEntries(assets.map((name) => [name, file(name)])),
}
writeFileSync(file('recipe.json'), JSON.stringify(recipe))
run(process.execPath, ['--experimental-sea-config', file('recipe.json')])

copyFileSync(process.execPath, file('spanloom'))
chmodSync(file('spanloom'), 0o755)
const stripped = spawnSync('strip', [file('spanloom')], { stdio: 'ignore' }).status === 0
if (!stripped) console.log('There is no `strip` here, so the binary keeps the symbols of Node.js.')
await quietly(() =>
  inject(file('spanloom'), 'NODE_SEA_BLOB', readFileSync(file('blob')), {
    sentinelFuse: 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2',
  }),
)
mkdirSync(dirname(out), { recursive: true })
// A running binary cannot be written to, but it can be replaced.
rmSync(out, { force: true })
copyFileSync(file('spanloom'), out)
chmodSync(out, 0o755)
const { stdout } = run(out, ['--version'])
console.log(`${out}: ${stdout.trim()}, ${megabytes(statSync(out).size)}.`)

/** The flags of the first line of the command; it sets others itself once it is ready. */
function v8Flags(source) {
  const flags = source
    .split('\n', 1)[0]
    .split(' ')
    .filter((word) => word.startsWith('--'))
  return flags.length > 0 ? flags : fail('The first line of cli.ts no longer has the flags of V8.')
}

/** The main file of a package, as whoever depends on it sees it. */
function entryOf(name) {
  const owner = ['core', 'eventhubs'].find((folder) =>
    existsSync(join(root, 'packages', folder, 'node_modules', name)),
  )
  if (owner === undefined) fail(`No package depends on ${name} any more.`)
  return createRequire(join(root, 'packages', owner, 'package.json')).resolve(name)
}

function run(command, args) {
  const result = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 26 })
  if (result.error) throw result.error
  if (result.status !== 0) fail(`${command} ${args.join(' ')}\n${result.stdout}${result.stderr}`)
  return result
}

/** The tool prints a warning about the name of its section, which is harmless. */
async function quietly(work) {
  const { log, warn, error } = console
  Object.assign(console, { log: () => undefined, warn: () => undefined, error: () => undefined })
  try {
    await work()
  } finally {
    Object.assign(console, { log, warn, error })
  }
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

function fail(message) {
  console.error(`Error: ${message}`)
  process.exit(1)
}
