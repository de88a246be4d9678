import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'

import { ConfigError, createCollector, loadConfig } from '@spanloom/core'
import { freePort, startProcess } from '@spanloom/interop'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { defaultRegistry, main, processContext } from '../src/index.ts'
import { ask } from '../src/init/ask.ts'
import { destinationNames } from '../src/init/destinations.ts'
import { type Choice, pipelineText } from '../src/init/pipeline-text.ts'
import { sourceNames, sources } from '../src/init/sources.ts'
import { temporaryFolder } from './example-run.ts'
import { commandFile, runMain } from './run-spanloom.ts'

const plain = { durable: false, health: false, admin: false, schema: './spanloom.schema.json' }

/** What `validate` tells of a choice, with the variables set as the command says. */
async function faultsOf(choice: Choice): Promise<readonly string[]> {
  const { text, variables } = pipelineText(choice)
  try {
    const config = await loadConfig({
      sources: [`yaml:${text}`],
      registry: defaultRegistry,
      env: Object.fromEntries(variables.map(({ name, example }) => [name, example])),
      strictEnv: true,
      readFile: () => Promise.reject(new Error('No file is named.')),
      fetch: () => Promise.reject(new Error('No address is named.')),
    })
    const collector = await createCollector({
      config,
      build: { command: 'spanloom', version: '0.0.0' },
      buildOnly: true,
    })
    await collector.shutdown(AbortSignal.abort())
    return config.warnings.map(({ message }) => `warning: ${message}`)
  } catch (error) {
    if (error instanceof ConfigError) return error.issues.map(({ message }) => `${message}\n${text}`)
    throw error
  }
}

const booleans = [false, true]

describe('every file that it can write is valid, without a warning', () => {
  it.each(sourceNames)(
    'from %s to anything, with and without everything',
    async (name) => {
      const choices = destinationNames.flatMap((to) =>
        booleans.flatMap((durable) =>
          booleans.flatMap((health) =>
            booleans.map((admin): Choice => ({ ...plain, from: [name], to, durable, health, admin })),
          ),
        ),
      )

      for (const choice of choices) expect([choice, await faultsOf(choice)]).toEqual([choice, []])
    },
    60_000,
  )

  it('from any two', async () => {
    const pairs = sourceNames.flatMap((one, at) => sourceNames.slice(at + 1).map((other) => [one, other]))

    for (const from of pairs)
      for (const to of destinationNames)
        expect([from, to, await faultsOf({ ...plain, from, to, durable: true })]).toEqual([from, to, []])
  }, 120_000)

  it('from any set, in any order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...sourceNames], { minLength: 3 }),
        fc.constantFrom(...destinationNames),
        fc.record({ durable: fc.boolean(), health: fc.boolean(), admin: fc.boolean() }),
        async (from, to, more) => {
          expect(await faultsOf({ ...plain, ...more, from, to })).toEqual([])
        },
      ),
      { numRuns: 150 },
    )
  }, 120_000)

  it('holds no secret, only names of variables', () => {
    const { text, variables } = pipelineText({ ...plain, from: sourceNames, to: 'event-hubs', durable: true })

    for (const { name, example } of variables) {
      expect(text).toContain(`\${env:${name}}`)
      expect(text).not.toContain(example)
    }
    expect(variables.length).toBeGreaterThan(8)
  })
})

describe('spanloom init', () => {
  it('writes a file with the line for editors, the schema, and says what comes next', async () => {
    await using folder = await temporaryFolder()
    const output = join(folder.path, 'made', 'pipeline.yaml')

    const { code, stdout, stderr } = await runMain([
      'init',
      '--from',
      'github',
      'otlp',
      '--to',
      'otlp',
      '--output',
      output,
    ])

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain("export GITHUB_WEBHOOK_SECRET='")
    expect(stdout).toContain(`  spanloom validate --config ${output}\n  spanloom --config ${output}\n`)
    expect(await readFile(output, 'utf8')).toMatch(
      /^# yaml-language-server: \$schema=\.\/spanloom\.schema\.json\n/,
    )
    expect(await readFile(join(folder.path, 'made', 'spanloom.schema.json'), 'utf8')).toBe(
      (await runMain(['schema'])).stdout,
    )
    expect(await runMain(['validate', '--config', output], { GITHUB_WEBHOOK_SECRET: 'a' })).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    })
  })

  it('never replaces a file unless it is told to', async () => {
    await using folder = await temporaryFolder()
    const output = join(folder.path, 'pipeline.yaml')
    const args = ['init', '--from', 'otlp', '--to', 'debug', '--output', output]
    await writeFile(output, 'mine')

    expect(await runMain(args)).toMatchObject({ code: 1, stderr: expect.stringContaining('exists already') })
    expect(await readFile(output, 'utf8')).toBe('mine')
    expect(existsSync(join(folder.path, 'spanloom.schema.json'))).toBe(false)
    expect(await runMain([...args, '--force'])).toMatchObject({ code: 0 })
    expect(await readFile(output, 'utf8')).toContain('receivers:')
  })

  it('asks nothing without a terminal, and says what is missing', async () => {
    await using folder = await temporaryFolder()
    const output = join(folder.path, 'pipeline.yaml')

    expect(await runMain(['init', '--output', output])).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^Error: --from is missing, and this is no terminal to ask on \(Choose of otlp, .*\)\n$/,
      ),
    })
    expect(await runMain(['init', '--from', 'otlp', '--output', output])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--to is missing'),
    })
    expect(await runMain(['init', '--from', 'oltp', '--output', output])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Allowed choices are otlp'),
    })
    expect(existsSync(output)).toBe(false)
  })

  it('says in one line why it cannot write', async () => {
    const output = join(commandFile, 'pipeline.yaml')

    expect(await runMain(['init', '--from', 'otlp', '--to', 'debug', '--output', output])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^Error: .* cannot be written: .*\n$/),
    })
  })

  it('writes what runs: spans that come in are in the file', { timeout: 60_000 }, async () => {
    await using folder = await temporaryFolder()
    const output = join(folder.path, 'pipeline.yaml')
    const args = [
      '--from',
      'otlp',
      'invictus-http',
      '--to',
      'file',
      '--durable',
      '--health',
      '--output',
      output,
    ]
    expect((await runMain(['init', ...args])).code).toBe(0)
    const [otlp, grpc, invictus, health] = [
      await freePort(),
      await freePort(),
      await freePort(),
      await freePort(),
    ]
    const sets = [
      `receivers.otlp.protocols.http.endpoint=127.0.0.1:${otlp}`,
      `receivers.otlp.protocols.grpc.endpoint=127.0.0.1:${grpc}`,
      `receivers.invictus/http.http.endpoint=127.0.0.1:${invictus}`,
      `extensions.health_check.endpoint=127.0.0.1:${health}`,
      'service.telemetry.metrics.level=none',
    ].flatMap((set) => ['--set', set])
    await using collector = await startProcess({
      command: process.execPath,
      args: [commandFile, '--config', output, ...sets],
      cwd: folder.path,
      ready: /Everything is ready/,
    })

    const span = {
      traceId: '5b8efff798038103d269b633813fc60c',
      spanId: 'eee19b7ec3c1b174',
      name: 'hello',
      startTimeUnixNano: '1767225600000000000',
      endTimeUnixNano: '1767225600120000000',
    }
    const answer = await fetch(`http://127.0.0.1:${otlp}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
    })
    expect(answer.status).toBe(200)
    expect((await fetch(`http://127.0.0.1:${health}/`)).status).toBe(200)
    expect(await collector.stop()).toMatchObject({ code: 0 })
    expect(await readFile(join(folder.path, 'traces.jsonl'), 'utf8')).toContain('"name":"hello"')
  })
})

describe('on a terminal', () => {
  /** A terminal whose user presses the next keys as soon as the next question has appeared. */
  function terminal(answers: readonly (readonly [question: string, ...keys: readonly string[]])[]) {
    const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined })
    const output = Object.assign(new PassThrough(), { isTTY: true, columns: 100, rows: 40 })
    const left = [...answers]
    let shown = ''
    // One key after the other, as a terminal delivers them.
    const press = ([key, ...keys]: readonly string[]): void => {
      if (key === undefined) return
      setImmediate(() => {
        input.write(key)
        press(keys)
      })
    }
    output.on('data', (chunk: Buffer) => {
      shown += chunk.toString()
      const [next] = left
      if (next === undefined || !shown.includes(next[0])) return
      left.shift()
      shown = ''
      press(next.slice(1))
    })
    return { input, output }
  }
  const down = '\u001B[B'

  it('asks for everything that no flag says', async () => {
    const user = terminal([
      ['Where do spans and events come from?', ' ', down, down, down, ' ', '\r'],
      ['Where do they go?', down, down, '\r'],
      ['on disk', '\r'],
      ['health', '\r'],
      ['browser', '\r'],
    ])

    const choice = await ask({}, user)

    expect(choice).toEqual({
      from: ['otlp', 'github'],
      to: 'file',
      durable: true,
      health: true,
      admin: false,
    })
  })

  it('asks only for the rest, and writes nothing when the user gives up', async () => {
    await using folder = await temporaryFolder()
    const output = join(folder.path, 'pipeline.yaml')
    let stderr = ''
    const silent = { write: () => true, on: () => undefined }

    const code = await main({
      ...processContext(),
      args: ['init', '--from', 'otlp', '--output', output],
      stdout: silent,
      stderr: { ...silent, write: (text: string) => void (stderr += text) },
      terminal: terminal([['Where do they go?', '\u0003']]),
    })

    expect({ code, stderr }).toEqual({ code: 1, stderr: 'Error: cancelled\n' })
    expect(existsSync(output)).toBe(false)
  })
})

it('names every source and destination in the help', async () => {
  const { stdout } = await runMain(['init', '--help'])

  for (const name of [...sourceNames, ...destinationNames]) expect(stdout).toContain(name)
  expect(Object.keys(sources)).toEqual([...sourceNames])
})
