import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import { describe, expect, test, vi } from 'vitest'

import { typeFaults } from '../docs-check/type-check.ts'
import { linesOf } from '../example-run.ts'
import { freePort, readySentence, startCli } from '../process.ts'
import { type Files, manifestOf, type Project, projectOf } from './project.ts'

// Every test has processes of its own, on a machine that may be busy.
vi.setConfig({ testTimeout: 30_000 })

const example = (name: string): Promise<string> =>
  readFile(fileURLToPath(new URL(`../../../../examples/plugin/${name}`, import.meta.url)), 'utf8')

/** The code of a receiver of fragments whose assembly profile names spans that have no name. */
const acmeCode = `import { defineReceiver, httpServerSettings, httpSource, httpSourceSettings, span, Traces } from '@spanloom/core'
export default defineReceiver({
  type: 'acme',
  stability: 'beta',
  schema: { type: 'object', properties: { ...httpServerSettings, ...httpSourceSettings } },
  profiles: { acme: { defaultName: 'acme work', settleMs: 0 } },
  create: (options) => httpSource(options, async (request) => {
    const { phase } = request.json()
    const time = { [phase === 'start' ? 'startTime' : 'endTime']: new Date(1000) }
    await options.next.consumeTraces(Traces.of([span({
      traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), name: '', ...time,
      attributes: { 'spanloom.key': 'k', 'spanloom.profile': 'acme' },
    })]), request.context)
  }),
})`

const markerCode = `const { defineProcessor, statelessProcessor } = require('@spanloom/core')
exports.stampProcessor = defineProcessor({
  type: 'stamp',
  stability: 'beta',
  schema: { type: 'object', properties: { value: { type: 'string', default: 'stamped' } } },
  create: ({ config, next }) => statelessProcessor(next, (traces) =>
    traces.map((span) => span.with({ attributes: { stamp: config.value } }))),
})`

/** Two packages, one of ES modules and one of CommonJS, as npm installs them. */
const packages: Files = {
  'node_modules/spanloom-receiver-acme/package.json': manifestOf('spanloom-receiver-acme', [
    { kind: 'receiver', type: 'acme', entry: './lib/receiver.js' },
  ]),
  'node_modules/spanloom-receiver-acme/lib/receiver.js': acmeCode,
  'node_modules/@somebody/spanloom-processor-stamp/package.json': manifestOf(
    '@somebody/spanloom-processor-stamp',
    [{ kind: 'processor', type: 'stamp' }],
    { type: 'commonjs', exports: undefined, main: 'main.js' },
  ),
  'node_modules/@somebody/spanloom-processor-stamp/main.js': markerCode,
}

const acmePipeline = (port: number, { folder }: Project, plugins: readonly string[] = []): string =>
  JSON.stringify({
    plugins,
    receivers: { acme: { endpoint: `127.0.0.1:${port}` } },
    processors: { span_assembly: null, stamp: null },
    exporters: { file: { path: `${folder}/spans.jsonl` } },
    service: {
      pipelines: {
        traces: { receivers: ['acme'], processors: ['span_assembly', 'stamp'], exporters: ['file'] },
      },
      telemetry: { metrics: { level: 'none' } },
    },
  })

async function post(port: number, body: unknown): Promise<number> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: text })).status
}

test('the example is right for the compiler', async () => {
  const repository = fileURLToPath(new URL('../../../../', import.meta.url))

  expect(await typeFaults(new Map([['crane.mts', await example('crane.mts')]]), repository)).toEqual([])
})

test('a file beside the pipeline makes spans of what it receives', async () => {
  await using project = await projectOf({
    'crane.mts': await example('crane.mts'),
    'pipeline.yaml': await example('pipeline.yaml'),
  })
  const port = await freePort()
  const env = { CRANE_ENDPOINT: `127.0.0.1:${port}`, CRANE_SPANS: project.path('spans.jsonl') }

  await using cli = startCli(['--config', project.path('pipeline.yaml')], { env })
  await cli.waitFor(readySentence)
  expect(await post(port, await example('moves.json'))).toBe(200)
  expect(await post(port, '[{}]')).toBe(400)
  const [line = ''] = await linesOf(env.CRANE_SPANS, 1)
  cli.signal('SIGTERM')

  expect(line.match(/"name":"crane move"/g)).toHaveLength(2)
  expect(line).toContain('{"key":"crane.terminal","value":{"stringValue":"north"}}')
  expect(await cli.exit).toBe(0)
})

describe('installed packages', () => {
  test('work when the pipeline names their types, with their assembly profiles', async () => {
    await using project = await projectOf(packages)
    const port = await freePort()
    await writeFile(project.path('pipeline.yaml'), acmePipeline(port, project))

    await using cli = startCli(['--config', project.path('pipeline.yaml')])
    await cli.waitFor(readySentence)
    expect(await post(port, { phase: 'start' })).toBe(200)
    expect(await post(port, { phase: 'end' })).toBe(200)
    const [line = ''] = await linesOf(project.path('spans.jsonl'), 1)
    cli.signal('SIGTERM')

    expect(line).toContain('"name":"acme work"')
    expect(line).toContain('"stamped"')
    expect(await cli.exit).toBe(0)
  })

  test('and files can come and go with a reload', async () => {
    await using project = await projectOf({ ...packages, 'crane.mts': await example('crane.mts') })
    const [before, acme] = [await freePort(), await freePort()]
    const crane = (await example('pipeline.yaml')).replace(
      '[crane]',
      '[crane]\n      processors: [span_assembly]',
    )
    const withAssembly = `${crane}processors: { span_assembly: }\n`
    await project.write({ 'pipeline.yaml': withAssembly })
    const env = { CRANE_ENDPOINT: `127.0.0.1:${before}`, CRANE_SPANS: project.path('spans.jsonl') }

    await using cli = startCli(['--watch', '--config', project.path('pipeline.yaml')], { env })
    await cli.waitFor(readySentence)
    await project.write({ 'pipeline.yaml': acmePipeline(acme, project) })
    await cli.waitFor('Config updated.')
    expect(await post(acme, { phase: 'start' })).toBe(200)
    expect(await post(acme, { phase: 'end' })).toBe(200)
    const [line = ''] = await linesOf(env.CRANE_SPANS, 1)
    cli.signal('SIGTERM')

    // The assembler has run since before the receiver with the profile came.
    expect(line).toContain('"name":"acme work"')
    expect(await cli.exit).toBe(0)
  })
})

test('a file whose code has changed is named, and its old code goes on', async () => {
  const code = await example('crane.mts')
  await using project = await projectOf({
    'crane.mts': code,
    'pipeline.yaml': await example('pipeline.yaml'),
  })
  const port = await freePort()
  const env = { CRANE_ENDPOINT: `127.0.0.1:${port}`, CRANE_SPANS: project.path('spans.jsonl') }

  await using cli = startCli(['--watch', '--config', project.path('pipeline.yaml')], { env })
  await cli.waitFor(readySentence)
  await project.write({ 'crane.mts': code.replace("'crane move'", "'another name'") })
  await cli.waitFor('the plugin ./crane.mts has changed since its code was loaded')
  expect(await post(port, await example('moves.json'))).toBe(200)
  const [line = ''] = await linesOf(env.CRANE_SPANS, 1)

  expect(line).toContain('"name":"crane move"')
  expect(cli.stderr()).toContain(`"source":"${project.path('pipeline.yaml')}","line":7,"column":3`)
})

describe('without a process that stays', () => {
  test('every verb with --config knows the plugins', async () => {
    await using project = await projectOf({
      ...packages,
      'crane.mts': await example('crane.mts'),
      'pipeline.yaml': await example('pipeline.yaml'),
    })
    for (const verb of ['validate', 'print-config', 'queue ls']) {
      await using cli = startCli([...verb.split(' '), '--config', project.path('pipeline.yaml')])
      expect([verb, await cli.exit, cli.stderr()]).toEqual([verb, 0, expect.any(String)])
    }
  })

  test('a fault has its place, its excerpt and its advice', async () => {
    await using project = await projectOf({
      'crane.mts': 'await 1',
      'pipeline.yaml': await example('pipeline.yaml'),
    })
    await using cli = startCli(['validate', '--config', project.path('pipeline.yaml')])

    expect(await cli.exit).toBe(1)
    expect(cli.stderr().replaceAll(`${project.folder}/`, '')).toBe(
      `pipeline.yaml:5:5: plugins::0: cannot use the plugin ./crane.mts: it uses top-level await, which a plugin must not
  4 | plugins:
  5 |   - ./crane.mts
    |     ^^^^^^^^^^^
  Wait where the component starts instead: in \`start\`.
Error: invalid configuration: plugins::0: cannot use the plugin ./crane.mts: it uses top-level await, which a plugin must not
`,
    )
  })
})
