import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { freePort, startProcess } from '@spanloom/interop'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { exampleFolder, linesOf } from './example-run.ts'
import { manifestOf, pipelineWith, receiverCode } from './plugins/project.ts'
import { runMain } from './run-spanloom.ts'

const buildScript = fileURLToPath(new URL('../../../scripts/build-binary.mjs', import.meta.url))
const run = promisify(execFile)
const ready = /Everything is ready\. Begin running and processing data\./

/** What the build needs; it says so itself elsewhere. */
const canBuild = process.platform === 'linux' && process.versions.node.startsWith('24.')

describe.runIf(canBuild)('the single-file binary', () => {
  let folder: string
  let binary: string
  const spanloom = async (...args: readonly string[]): Promise<string> =>
    (await run(binary, args, { cwd: folder })).stdout

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spanloom-binary-test-'))
    binary = join(folder, 'spanloom')
    await run(process.execPath, [buildScript, '--out', binary])
  }, 240_000)

  afterAll(() => rm(folder, { recursive: true, force: true }))

  test.each([['--version'], ['components'], ['--help']])(
    '%s prints what the sources print',
    async (...args) => {
      expect(await spanloom(...args)).toBe((await runMain(args)).stdout)
    },
  )

  test('tells the licences of everything in it', async () => {
    const licenses: readonly Record<string, string>[] = JSON.parse(
      await spanloom('licenses', '--format', 'json'),
    )
    const names = new Set(licenses.map(({ name }) => name))
    for (const name of ['node', '@spanloom/extension-storage', 'undici', 'yaml'])
      expect(names).toContain(name)
    expect(licenses.every(({ version, license }) => version !== '' && license !== '')).toBe(true)
    expect(licenses.find(({ name }) => name === 'undici')?.['text']).toContain('MIT License')
  })

  test('runs the example of the README from a folder with nothing else in it', async () => {
    const env = {
      SPANLOOM_INVICTUS_ENDPOINT: `127.0.0.1:${await freePort()}`,
      SPANLOOM_OTLP_HTTP_ENDPOINT: '127.0.0.1:0',
      SPANLOOM_HEALTH_ENDPOINT: '127.0.0.1:0',
      SPANLOOM_METRICS_PORT: '0',
      SPANLOOM_TRACES_FILE: join(folder, 'traces.jsonl'),
    }
    const { stdout } = await run(
      binary,
      ['quickstart', '--once', '--config', join(exampleFolder, 'quickstart.yaml')],
      { cwd: folder, env: { ...process.env, ...env } },
    )
    expect(stdout).toContain('Notify customer')
    expect(await linesOf(env.SPANLOOM_TRACES_FILE, 1)).not.toEqual([])
  })

  test('has the storage thread inside, and ends when it is told to', async () => {
    await using collector = await startProcess({
      command: binary,
      args: ['--config', join(exampleFolder, 'durable.yaml')],
      env: {
        SPANLOOM_OTLP_HTTP_ENDPOINT: '127.0.0.1:0',
        SPANLOOM_INVICTUS_ENDPOINT: '127.0.0.1:0',
        SPANLOOM_STORAGE: join(folder, 'storage'),
      },
      ready,
    })
    expect(await collector.stop()).toEqual({ code: 0, signal: null })
  })

  test('has the client of Kafka inside, with its WebAssembly', async () => {
    const file = join(folder, 'kafka.yaml')
    await writeFile(file, kafkaPipeline(await freePort()))
    await using collector = await startProcess({ command: binary, args: ['--config', file], ready })
    await collector.waitForLine(/The event hub cannot be reached/, { on: 'stderr' })
    expect(collector.stderr()).not.toMatch(/wasm|Cannot find module/)
    expect(await collector.stop()).toEqual({ code: 0, signal: null })
  })

  test('runs a plugin of one file beside a pipeline', async () => {
    const place = join(folder, 'plugin')
    await cp(fileURLToPath(new URL('../../../examples/plugin', import.meta.url)), place, { recursive: true })
    const port = await freePort()
    const spans = join(place, 'spans.jsonl')
    await using collector = await startProcess({
      command: binary,
      args: ['--config', join(place, 'pipeline.yaml')],
      env: { CRANE_ENDPOINT: `127.0.0.1:${port}`, CRANE_SPANS: spans },
      ready,
    })
    const body = await readFile(join(place, 'moves.json'))
    const { status } = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body })
    const [line] = await linesOf(spans, 1)

    expect(status).toBe(200)
    expect(line).toContain('"name":"crane move"')
    expect(await collector.stop()).toEqual({ code: 0, signal: null })
  })

  test('runs an installed package, and tells what is wrong with a file', async () => {
    const place = join(folder, 'packages')
    const acme = join(place, 'node_modules', 'spanloom-receiver-acme')
    await mkdir(acme, { recursive: true })
    const components = [{ kind: 'receiver', type: 'acme' }]
    await writeFile(
      join(acme, 'package.json'),
      JSON.stringify(manifestOf('spanloom-receiver-acme', components)),
    )
    await writeFile(join(acme, 'index.js'), receiverCode('acme'))
    const good = join(place, 'good.yaml')
    const bad = join(place, 'bad.yaml')
    await writeFile(good, pipelineWith(['acme']))
    await writeFile(bad, pipelineWith(['nop'], ['./bad.mts', './tests.mts']))
    await writeFile(join(place, 'bad.mts'), 'export default await 1')
    await writeFile(join(place, 'tests.mts'), "import '@spanloom/core/testing'")

    expect(await spanloom('validate', '--config', good)).toBe('')
    await expect(spanloom('validate', '--config', bad)).rejects.toMatchObject({
      stderr: expect.stringMatching(
        /^.*bad\.yaml:2:5: .* top-level await, .*bad\.yaml:3:5: .* which is for tests /s,
      ),
    })
  })

  test('needs no library but those of the C and C++ runtime', async () => {
    const { stdout } = await run('ldd', [binary])
    const names = [...stdout.matchAll(/^\s*lib([a-z+_]+)/gm)].map(([, name]) => name)
    expect(names).not.toEqual([])
    for (const name of names) expect(['dl', 'stdc++', 'm', 'gcc_s', 'pthread', 'c', 'atomic']).toContain(name)
  })
})

/** A pipeline that reads a hub over Kafka where nobody listens. */
function kafkaPipeline(port: number): string {
  const connection = `Endpoint=sb://localhost:${port};SharedAccessKeyName=all;SharedAccessKey=key;UseDevelopmentEmulator=true`
  return JSON.stringify({
    receivers: { azure_event_hub: { connection, event_hub: { name: 'spans' }, transport: 'kafka' } },
    exporters: { nop: null },
    service: {
      pipelines: { traces: { receivers: ['azure_event_hub'], exporters: ['nop'] } },
      telemetry: { metrics: { level: 'none' } },
    },
  })
}
