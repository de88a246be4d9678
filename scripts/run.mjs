#!/usr/bin/env node
// Runs a root script of this repository on any machine that has Node.js 18 or later and npm.
// Fetches the pinned pnpm, and the pinned Node.js where the one at hand is too old, into
// tools/toolchain; installs the workspace when its lockfile changed; then runs the script.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const toolchain = join(root, 'tools', 'toolchain')
const [script, ...args] = process.argv.slice(2)

const [major, minor] = process.versions.node.split('.').map(Number)
const nodeSuffices = major > 24 || (major === 24 && minor >= 11)

const env = {
  ...process.env,
  // pnpm then never asks before it rebuilds node_modules.
  CI: process.env.CI ?? 'true',
  PATH: [join(toolchain, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
  TURBO_TELEMETRY_DISABLED: '1',
}

function run(command, commandArgs) {
  const { status, signal, error } = spawnSync(command, commandArgs, {
    cwd: root,
    env,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (error) throw error
  if (status !== 0) process.exit(status ?? (signal === 'SIGINT' ? 130 : 1))
}

/** Runs `install` unless the stamp says that it already ran for these very files. */
function installOnce(stampFile, files, install) {
  const digest = createHash('sha256').update(`${process.platform} ${process.arch} ${nodeSuffices}`)
  for (const file of files) digest.update(readFileSync(join(root, file)))
  const stamp = digest.digest('hex')
  const stampPath = join(root, stampFile)
  if (existsSync(stampPath) && readFileSync(stampPath, 'utf8') === stamp) return
  install()
  writeFileSync(stampPath, stamp)
}

// While one of these runs, the terminal's Ctrl-C reaches it too; it stops by itself, and we after it.
process.on('SIGINT', () => undefined)

installOnce('tools/toolchain/node_modules/.stamp', ['tools/toolchain/package-lock.json'], () => {
  console.log(
    nodeSuffices
      ? 'First run: fetching pnpm.'
      : `First run: fetching pnpm and Node.js 24 (this is ${process.version}).`,
  )
  const omit = nodeSuffices ? ['--omit=optional'] : []
  run('npm', [
    'ci',
    '--prefix',
    toolchain,
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    ...omit,
  ])
})
installOnce('node_modules/.stamp', ['pnpm-lock.yaml'], () =>
  run('pnpm', ['install', '--frozen-lockfile', '--reporter=append-only', '--loglevel=warn']),
)
run('pnpm', ['--silent', 'run', script, ...args])
