#!/usr/bin/env node
// Builds, packs and lints every public package, installs the tarballs into an empty project as a user would, runs the
// command and a pipeline in JavaScript there, and type-checks a user's code. Run it through the root script `pack:check`.
// The tarballs stay in build/packs for the checks that come after it.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { lintPackage } from './packages/lint.mjs'
import { packAll } from './packages/pack.mjs'
import { fail, root, run } from './packages/run.mjs'

console.log('Building.')
run('pnpm', ['build'])

const work = mkdtempSync(join(tmpdir(), 'spanloom-packages-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))

const packs = join(root, 'build', 'packs')
rmSync(packs, { recursive: true, force: true })
mkdirSync(packs, { recursive: true })
const tarballs = packAll(packs)
for (const [name, tarball] of tarballs) {
  const faults = await lintPackage(tarball)
  if (faults.length > 0) fail(`${name}: ${faults.join('\n')}`)
}
console.log(`Packed ${tarballs.size} packages; publint and attw find nothing.`)

/** What a test of a plugin and a compiler need beside the packages, in the versions of this repository. */
const tools = ['@types/node', 'typescript', 'vitest'].map((name) => {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'))
  return [name, version]
})
const project = mkdtempSync(join(work, 'project-'))
const local = Object.fromEntries([...tarballs].map(([name, file]) => [name, `file:${file}`]))
writeFileSync(
  join(project, 'package.json'),
  JSON.stringify({
    name: 'consumer',
    private: true,
    type: 'module',
    dependencies: local,
    devDependencies: Object.fromEntries(tools),
    overrides: local,
  }),
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

cpSync(fileURLToPath(new URL('packages/consumer', import.meta.url)), project, { recursive: true })
const printed = run(process.execPath, ['pipeline.mjs'], { cwd: project, timeout: 60_000 })
if (printed !== 'transfer 2000 ms\n') fail(`The pipeline in JavaScript printed: ${printed}`)
console.log('A pipeline in JavaScript runs.')

try {
  run(join(project, 'node_modules', '.bin', 'tsc'), ['--project', '.'], { cwd: project })
} catch (error) {
  fail(`A user's code does not compile:\n${error.stdout}`)
}
console.log("A user's code compiles against core, core/testing, collector and websocket-kit.")
