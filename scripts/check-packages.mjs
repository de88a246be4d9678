#!/usr/bin/env node
// Builds and packs every public package, installs the tarballs into an empty project as a user would,
// and runs the command from there. Run it through the root script `pack:check`.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const run = (command, args, options = {}) =>
  execFileSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    ...options,
  })
const fail = (message) => {
  console.error(`Error: ${message}`)
  process.exit(1)
}

console.log('Building.')
run('pnpm', ['build'])

const work = mkdtempSync(join(tmpdir(), 'spanloom-packages-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))

const tarballs = new Map()
for (const folder of readdirSync(join(root, 'packages'))) {
  const source = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'))
  const packed = JSON.parse(
    run('pnpm', ['pack', '--json', '--pack-destination', work], { cwd: join(root, 'packages', folder) }),
  )
  // The list of `pnpm pack` leaves out the licence that it adds from the root.
  const files = run('tar', ['-tzf', packed.filename])
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''))
  if (!files.some((path) => path.startsWith('dist/'))) fail(`${source.name} packs no build.`)
  if (files.some((path) => path.endsWith('.test.ts') || path.startsWith('test/')))
    fail(`${source.name} packs its tests.`)
  if (!files.includes('LICENSE')) fail(`${source.name} packs no LICENSE.`)
  if (!files.includes('README.md')) fail(`${source.name} packs no README.md.`)
  tarballs.set(source.name, packed.filename)
  console.log(`Packed ${source.name}: ${files.length} files.`)
}

const project = mkdtempSync(join(work, 'project-'))
const local = Object.fromEntries([...tarballs].map(([name, file]) => [name, `file:${file}`]))
writeFileSync(
  join(project, 'package.json'),
  JSON.stringify({ name: 'consumer', private: true, type: 'module', dependencies: local, overrides: local }),
)
console.log('Installing the tarballs into an empty project.')
run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: project })

const spanloom = join(project, 'node_modules', '.bin', 'spanloom')
const version = run(spanloom, ['--version'], { cwd: project }).trim()
const components = JSON.parse(run(spanloom, ['components', '--format', 'json'], { cwd: project }))
for (const kind of ['receivers', 'processors', 'exporters', 'connectors', 'extensions']) {
  if (!components[kind]?.length) fail(`The installed command lists no ${kind}.`)
}
run(spanloom, ['validate', '--config', join(root, 'config', 'quickstart.yaml')], { cwd: project })
console.log(`The installed command works: ${version}, ${components.receivers.length} receivers.`)
