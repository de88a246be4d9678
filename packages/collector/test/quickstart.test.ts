import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { parseOtlpJson } from '@spanloom/core'
import { freePort } from '@spanloom/interop'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { quickstartPipeline } from '../src/quickstart/pipeline.ts'
import { sampleFlow } from '../src/quickstart/sample-flow.ts'

const repository = fileURLToPath(new URL('../../../', import.meta.url))
const execute = promisify(execFile)

describe('the embedded example', () => {
  it('is config/quickstart.yaml', async () => {
    expect(quickstartPipeline).toBe(await readFile(join(repository, 'config/quickstart.yaml'), 'utf8'))
  })

  it('sends config/samples/invictus-flow.json', async () => {
    const sample = await readFile(join(repository, 'config/samples/invictus-flow.json'), 'utf8')
    expect(sampleFlow).toEqual(JSON.parse(sample))
  })
})

describe('spanloom quickstart', () => {
  let dir = ''
  let stdout = ''

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'spanloom-quickstart-'))
    const local = async (): Promise<string> => `127.0.0.1:${await freePort()}`
    const result = await execute(
      process.execPath,
      [join(repository, 'packages/collector/src/cli.ts'), 'quickstart', '--once'],
      {
        cwd: dir,
        env: {
          ...process.env,
          SPANLOOM_INVICTUS_ENDPOINT: await local(),
          SPANLOOM_OTLP_HTTP_ENDPOINT: await local(),
          SPANLOOM_HEALTH_ENDPOINT: await local(),
          SPANLOOM_METRICS_PORT: String(await freePort()),
          SPANLOOM_TRACES_FILE: 'traces.jsonl',
        },
      },
    )
    stdout = result.stdout
  }, 60_000)

  afterAll(() => rm(dir, { recursive: true, force: true }))

  it('prints the assembled trace as a tree', () => {
    const lines = stdout.split('\n')
    const at = (text: string): number => lines.findIndex((line) => line.includes(text))
    expect(stdout).toContain('trace edbd5ddbb20644378ac35401b148c8cb')
    expect(at('Invoice ')).toBeGreaterThan(0)
    expect(at('├─ Validate')).toBeGreaterThan(at('Invoice '))
    expect(at('└─ Notify customer')).toBeGreaterThan(at('├─ Validate'))
    expect(stdout).toContain('there was a failure during this operation')
  })

  it('says which addresses are open', () => {
    expect(stdout).toMatch(/http:\/\/127\.0\.0\.1:\d+\/v1\/traces/)
    expect(stdout).toMatch(/http:\/\/localhost:\d+\/metrics/)
  })

  it('leaves the traces in the file', async () => {
    const text = await readFile(join(dir, 'traces.jsonl'), 'utf8')
    const spans = text
      .trimEnd()
      .split('\n')
      .flatMap((line) => [...parseOtlpJson(line).spans()])
    const invoice = spans.find(({ name }) => name === 'Invoice')
    expect(spans).toHaveLength(3)
    expect(spans.filter(({ parentSpanId }) => parentSpanId === invoice?.spanId)).toHaveLength(2)
  })
})
