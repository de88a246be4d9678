import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { findOtelcol } from '@spanloom/interop'
import { withPeer } from '@spanloom/interop/vitest'
import { describe, expect, it, test } from 'vitest'
import { parse } from 'yaml'

import { temporaryFolder } from './example-run.ts'
import { runCommand, runMain } from './run-spanloom.ts'

const folder = fileURLToPath(new URL('./upstream-configs/', import.meta.url))
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'))

/** Variables that the files refer to without a default. */
const env = {
  MY_POD_IP: '10.1.2.3',
  HONEYCOMB_API_KEY: 'a-key',
  GRAFANA_TOKEN: 'a-token',
  LS_TOKEN: 'another-token',
}

/** Component types that the Collector of `@spanloom/interop` is built with. */
const reach: Readonly<Record<string, readonly string[]>> = {
  receivers: ['otlp', 'otlp_json_file'],
  processors: ['batch', 'memory_limiter'],
  exporters: ['otlp', 'otlp_grpc', 'otlphttp', 'otlp_http', 'debug', 'file', 'nop'],
  extensions: ['health_check', 'file_storage'],
  connectors: [],
}

const otelcol = await findOtelcol()

test('there are thirty of them', () => {
  expect(files).toHaveLength(30)
})

describe('the command accepts unchanged', () => {
  it.each(files)('%s', async (file) => {
    expect(await runMain(['validate', '--strict-env', '--config', folder + file], env)).toMatchObject({
      code: 0,
      stdout: '',
    })
  })
})

describe('the command, as a process, accepts unchanged', () => {
  it.each(['05-mutual-tls.yaml', '14-filter-legacy.yaml', '28-anchors-and-merge-keys.yaml'])(
    '%s',
    async (file) => {
      expect(await runCommand(['validate', '--config', folder + file], env)).toMatchObject({
        code: 0,
        stdout: '',
      })
    },
    30_000,
  )
})

describe('the OpenTelemetry Collector accepts unchanged', () => {
  withPeer('otelcol', otelcol, (binary) => {
    const within = files.filter(isWithinReach)

    test('at least a dozen are within reach of its components', () => {
      expect(within.length).toBeGreaterThanOrEqual(12)
    })

    it.each(within)(
      '%s',
      async (file) => {
        // It opens files for its output even when it only validates.
        await using elsewhere = await temporaryFolder()
        const run = promisify(execFile)(binary, ['validate', '--config', folder + file], {
          cwd: elsewhere.path,
          env: { ...process.env, ...env },
        })
        await expect(run).resolves.toMatchObject({ stdout: '' })
      },
      30_000,
    )
  })
})

function isWithinReach(file: string): boolean {
  const document: unknown = parse(readFileSync(folder + file, 'utf8'), { merge: true })
  if (typeof document !== 'object' || document === null) return false
  return Object.entries(document).every(([section, components]) => {
    const types = reach[section]
    if (types === undefined) return true
    return Object.keys(components ?? {}).every((id) => types.includes(id.split(/\/|::/)[0] ?? ''))
  })
}
