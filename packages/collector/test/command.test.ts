import { createServer } from 'node:net'

import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

import { command } from './command.ts'

const minimal = `
receivers: { otlp: { protocols: { http: } } }
exporters: { nop: }
service: { pipelines: { traces: { receivers: [otlp], exporters: [nop] } } }
`

describe('every verb', () => {
  test('tells a bad flag in one line, without usage (CLI-21)', async () => {
    const { code, stdout, stderr } = await command(['validate', '--nonsense'])
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toBe("Error: unknown option '--nonsense'\n")
  })

  test('needs a configuration', async () => {
    const { code, stderr } = await command([])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^Error: at least one config flag must be provided .*\n$/)
  })

  test('that is unknown is told with the nearest one', async () => {
    const { code, stderr } = await command(['vaildate'])
    expect(code).toBe(1)
    expect(stderr).toBe('Error: unknown command "vaildate" (Did you mean "validate"?)\n')
  })

  test('refuses an unknown feature gate (CLI-05)', async () => {
    const files = { 'a.yaml': minimal }
    const { code, stderr } = await command(['validate', '--config', 'a.yaml', '--feature-gates', '+nope'], {
      files,
    })
    expect(code).toBe(1)
    expect(stderr).toBe('Error: no such feature gate "nope"\n')
  })

  test('tells a source that cannot be read', async () => {
    const { code, stderr } = await command(['--config', 'missing.yaml'])
    expect(code).toBe(1)
    expect(stderr).toContain('unable to read the file file:missing.yaml')
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^Error: /)
  })
})

test.each([['--version'], ['--help'], ['help', 'validate'], ['validate', '--help']])(
  '%s %s exits with 0 (CLI-06)',
  async (...args) => {
    const { code, stdout, stderr } = await command(args)
    expect(code).toBe(0)
    expect(stdout).not.toBe('')
    expect(stderr).toBe('')
  },
)

describe('validate (CLI-02)', () => {
  test('is silent about a good configuration', async () => {
    expect(await command(['validate', '--config', 'a.yaml'], { files: { 'a.yaml': minimal } })).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    })
  })

  test('opens nothing, so that a port in use does not matter (vector 13)', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0

    const { code, stderr } = await command([
      'validate',
      '--config',
      `yaml:${minimal}`,
      '--set',
      `receivers.otlp.protocols.http.endpoint=127.0.0.1:${port}`,
    ])

    await new Promise((resolve) => server.close(resolve))
    expect(stderr).toBe('')
    expect(code).toBe(0)
  })

  test('shows each fault with its place and ends with one line (vectors 1 and 12)', async () => {
    const files = { 'a.yaml': minimal.replace('http:', 'htp:') }
    const { code, stderr } = await command(['validate', '--config', 'a.yaml'], { files })
    expect(code).toBe(1)
    expect(stderr).toContain('has invalid keys: htp')
    expect(stderr).toContain('a.yaml:2:')
    expect(stderr).toContain('http')
    expect(stderr).not.toContain('\u001b')
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^Error: invalid configuration/)
  })

  test('colours the faults if forced to', async () => {
    const files = { 'a.yaml': minimal.replace('http:', 'htp:') }
    const { stderr } = await command(['validate', '--config', 'a.yaml'], { files, env: { FORCE_COLOR: '1' } })
    expect(stderr).toContain('\u001b[')
  })

  test('lists faults as data with --format json (CFG-83)', async () => {
    const files = { 'a.yaml': minimal.replace('http:', 'htp:') }
    const { code, stdout } = await command(['validate', '--config', 'a.yaml', '--format', 'json'], { files })
    expect(code).toBe(1)
    const [fault] = JSON.parse(stdout)
    expect(fault).toMatchObject({ line: 2, code: expect.any(String), suggestion: 'http' })
    expect(fault.file).toContain('a.yaml')
    expect((await command(['validate', '--config', `yaml:${minimal}`, '--format', 'json'])).stdout).toBe(
      '[]\n',
    )
  })

  test('warns once about a deprecated alias (vector 2)', async () => {
    const { code, stderr } = await command([
      'validate',
      '--config',
      `yaml:${minimal}`,
      '--config',
      'yaml:{exporters: {otlphttp: {endpoint: "http://localhost:1"}}, service: {pipelines: {traces: {exporters: [otlphttp, nop]}}}}',
    ])
    expect(code).toBe(0)
    expect(stderr.match(/"otlphttp" alias is deprecated; use "otlp_http" instead/g)).toHaveLength(1)
  })

  test('turns unset variables into errors with --strict-env (CFG-53)', async () => {
    const args = [
      'validate',
      '--config',
      `yaml:${minimal}`,
      '--set',
      'receivers.otlp.protocols.http.endpoint=${env:NOWHERE}',
    ]
    expect((await command([...args, '--strict-env'])).code).toBe(1)
  })
})

describe('print-config (CLI-03)', () => {
  const secret = [
    'yaml:{receivers: {nop: }, exporters: {otlp_http: {endpoint: "http://localhost:1", headers: {authorization: "Bearer s3cr3t"}}}, service: {pipelines: {traces: {receivers: [nop], exporters: [otlp_http]}}}}',
  ] as const

  test.each(['print-config', 'print-initial-config'])(
    '%s shows defaults and hides secrets (vector 14)',
    async (verb) => {
      const { code, stdout, stderr } = await command([verb, '--config', ...secret])
      expect(code).toBe(0)
      expect(parse(stdout)).toMatchObject({
        exporters: { otlp_http: { timeout: '30s', headers: { authorization: '[REDACTED]' } } },
      })
      expect(stdout + stderr).not.toContain('s3cr3t')
    },
  )

  test('shows them when told to, as JSON when told to', async () => {
    const { stdout } = await command([
      'print-config',
      '--config',
      ...secret,
      '--format',
      'json',
      '--mode',
      'unredacted',
    ])
    expect(JSON.parse(stdout)).toMatchObject({
      exporters: { otlp_http: { headers: { authorization: 'Bearer s3cr3t' } } },
    })
  })
})

describe('components (CLI-04)', () => {
  test('lists all kinds by name', async () => {
    const { code, stdout } = await command(['components'])
    const listing = parse(stdout)
    expect(code).toBe(0)
    expect(listing.buildinfo).toMatchObject({ command: 'spanloom' })
    const names: readonly string[] = listing.receivers.map(({ name }: { name: string }) => name)
    expect(names).toEqual(names.toSorted((a, b) => (a < b ? -1 : 1)))
    expect(names).toEqual(expect.arrayContaining(['file', 'invictus', 'nop', 'otlp', 'otlp_json_file']))
    expect(listing.exporters).toContainEqual({
      name: 'otlp_http',
      aliases: ['otlphttp'],
      module: '@spanloom/exporter-otlp 0.1.0',
      stability: { traces: 'beta' },
    })
    expect(listing.providers).toHaveLength(5)
  })

  test('says the same as JSON', async () => {
    const [yaml, json] = [await command(['components']), await command(['components', '--format', 'json'])]
    expect(JSON.parse(json.stdout)).toEqual(parse(yaml.stdout))
  })
})

test('schema prints the JSON Schema of a configuration', async () => {
  const { code, stdout } = await command(['schema'])
  expect(code).toBe(0)
  expect(JSON.stringify(JSON.parse(stdout))).toContain('span_assembly')
})

test('featuregate lists gates and refuses an unknown one (CLI-05)', async () => {
  expect((await command(['featuregate'])).stdout).toMatch(/^ID +ENABLED +STAGE +DESCRIPTION\n/)
  expect(await command(['featuregate', 'nope'])).toMatchObject({
    code: 1,
    stderr: 'Error: no such feature gate "nope"\n',
  })
})
