import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { findOtelcol } from './otelcol-binary.ts'
import { peerMissing } from './peers.ts'

let dir = ''

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'spanloom-otelcol-'))
})

afterEach(() => rmSync(dir, { recursive: true }))

/** An environment whose `go` is a shell script: `$calls` is where it may note what it was asked. */
function withFakeGo(script: string): Record<string, string> {
  const bin = join(dir, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'go'), `#!/bin/sh\n${script}\n`)
  chmodSync(join(bin, 'go'), 0o755)
  return { PATH: `${bin}:/usr/bin:/bin`, calls: join(dir, 'calls') }
}

test('takes the binary that SPANLOOM_OTELCOL names', async () => {
  expect(await findOtelcol({ env: { SPANLOOM_OTELCOL: process.execPath } })).toBe(process.execPath)
})

test('refuses a SPANLOOM_OTELCOL that is no executable file', async () => {
  const finding = findOtelcol({ env: { SPANLOOM_OTELCOL: join(dir, 'missing') } })

  await expect(finding).rejects.toThrow('SPANLOOM_OTELCOL does not name an executable file')
})

test('finds nothing when SPANLOOM_OTELCOL is empty', async () => {
  expect(await findOtelcol({ env: { SPANLOOM_OTELCOL: '' }, cacheDir: dir })).toBeUndefined()
  expect(peerMissing('otelcol')).toContain('SPANLOOM_OTELCOL is empty')
})

test('finds nothing without Go', async () => {
  expect(await findOtelcol({ env: { PATH: '' }, cacheDir: dir })).toBeUndefined()
  expect(peerMissing('otelcol')).toContain('Go, which builds the Collector, is not on PATH')
})

test('says why a build failed', async () => {
  const env = withFakeGo(`[ "$1" = version ] || { echo 'go: no route to the proxy' >&2; exit 1; }`)

  expect(await findOtelcol({ env, cacheDir: dir })).toBeUndefined()
  expect(peerMissing('otelcol')).toBe('The Collector could not be built: go: no route to the proxy')
})

test('builds once for all who ask at the same time, and for all who ask later', async () => {
  const writesOutput = `while [ "$1" != -o ]; do shift; done; echo > "$2"; chmod +x "$2"`
  const env = withFakeGo(`[ "$1" = version ] || { echo $1 >> "$calls"; ${writesOutput}; }`)

  const found = await Promise.all([findOtelcol({ env, cacheDir: dir }), findOtelcol({ env, cacheDir: dir })])
  found.push(await findOtelcol({ env: { PATH: '' }, cacheDir: dir }))

  expect(found[0]).toMatch(/otelcol-[0-9a-f]{64}.otelcol/)
  expect(new Set(found).size).toBe(1)
  expect(readFileSync(join(dir, 'calls'), 'utf8')).toBe('build\n')
})
