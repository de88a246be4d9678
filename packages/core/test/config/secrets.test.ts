import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

import { ConfigError, printConfig, renderIssues } from '../../src/index.ts'
import { base, faultsOf, load } from './load.ts'

const secret = 'hunter2'

describe('CFG-90 errors', () => {
  it.each([
    ['a neighbour on the same line', `{headers: {authorization: ${secret}}, int: x}`],
    ['the line above', `\n    token: ${secret}\n    int: x`],
    ['the value itself', `{token: [${secret}]}`],
    ['a block text', `\n    token: |\n      ${secret}\n    int: x`],
    ['a name that no schema knows', `{apiToken: ${secret}, password: ${secret}}`],
    ['a broken file', `{token: "${secret}", ]}`],
    ['a block text of a broken file', `\n    token: |\n      ${secret}\n    int: ]`],
    ['a list under a secret name', `{passwords: [${secret}]}`],
  ])('show nothing of %s', async (_, settings) => {
    const rendered = renderIssues(await faultsOf(base.replace('debug:', `debug: ${settings}`)), {
      color: false,
    })

    expect(rendered).not.toContain(secret)
    expect(rendered).toContain('[REDACTED]')
  })

  it('show nothing of values that were overridden, set or expanded', async () => {
    const setup = {
      files: {
        a: base.replace('debug:', `debug: {headers: {x: ${secret}},\n   int: x}`),
        b: 'exporters: {debug: {headers: {x: new}}}',
      },
      sets: [`exporters.debug.token=[${secret}]`, `exporters.debug.nope=1`],
      env: { T: secret, DOC: `exporters: {debug: {bool: 1, token: ${secret}}}` },
      sources: ['a', 'b', 'env:DOC', `yaml:{exporters: {debug: {text: 5, headers: {y: ${secret}}}}}`],
    }
    const issues = await faultsOf(setup)

    expect(issues.length).toBeGreaterThan(3)
    expect(JSON.stringify(issues)).not.toContain(secret)
    expect(new ConfigError(issues).message).not.toContain(secret)
    expect(issues.map((issue) => issue.source)).toContain('--set exporters.debug.token=[[REDACTED]]')
  })

  it('leave plain references to variables readable', async () => {
    const text = base.replace('debug:', 'debug: {token: "${env:T}", int: x}')

    expect((await faultsOf({ files: { c: text }, env: { T: secret } }))[0]?.frame).toContain(
      'token: "${env:T}"',
    )
  })

  it('hide the default of a reference', async () => {
    const text = base.replace('debug:', `debug: {token: "\${env:T:-${secret}}", int: x}`)

    expect(JSON.stringify(await faultsOf(text))).not.toContain(secret)
  })
})

describe('CFG-91, vector 14: printConfig', () => {
  const text = base.replace(
    'debug:',
    `debug: {headers: {authorization: "Bearer ${secret}"}, endpoint: "https://me:${secret}@h:1/x?token=${secret}&page=2", any: {password: ${secret}}}`,
  )

  it.each(['yaml', 'json'] as const)('redacts secrets, also defaults: %s', async (format) => {
    const printed = printConfig(await load(text), { format, mode: 'redacted' })

    expect(printed).not.toContain(secret)
    expect(printed).not.toContain('built-in')
    const plain: unknown = format === 'json' ? JSON.parse(printed) : parse(printed)
    expect(plain).toMatchObject({
      exporters: {
        debug: {
          headers: { authorization: '[REDACTED]' },
          token: '[REDACTED]',
          endpoint: 'https://h:1/x?token=[REDACTED]&page=2',
          any: { password: '[REDACTED]' },
        },
      },
    })
  })

  it('shows them when asked', async () => {
    expect(printConfig(await load(text), { format: 'yaml', mode: 'unredacted' })).toContain(
      `Bearer ${secret}`,
    )
  })
})

describe('CLI-03 printConfig', () => {
  const rich = base
    .replace(
      'debug:',
      'debug: {timeout: 90s, int: 0x10, text: "5_000", sending_queue: {enabled: false}, any: {a: [1, "0123", "yes", null]}}',
    )
    .replace('http:', 'http: \n      grpc: {endpoint: ":1"}')

  it('prints what is in effect after merging, expansion and defaults', async () => {
    const printed = printConfig(await load({ files: { c: rich }, sets: ['service.shutdown_delay=1m30s'] }), {
      format: 'json',
      mode: 'redacted',
    })

    expect(JSON.parse(printed)).toMatchObject({
      receivers: { otlp: { protocols: { grpc: { endpoint: ':1' }, http: { endpoint: 'localhost:4318' } } } },
      exporters: { debug: { timeout: '90s', int: 16, tags: ['a', 'b'], sending_queue: { enabled: false } } },
      service: {
        pipelines: { traces: { processors: [] } },
        shutdown_delay: '1m30s',
        shutdown_timeout: '30s',
      },
    })
  })

  it('prints a configuration that means the same', async () => {
    const config = await load(rich)
    const again = await load(printConfig(config, { format: 'yaml', mode: 'unredacted' }))

    expect(again.exporters.get('debug')?.config).toEqual(config.exporters.get('debug')?.config)
    expect(again.receivers.get('otlp')?.config).toEqual(config.receivers.get('otlp')?.config)
    expect(again.service).toEqual(config.service)
    expect(printConfig(again, { format: 'yaml', mode: 'unredacted' })).toBe(
      printConfig(config, { format: 'yaml', mode: 'unredacted' }),
    )
  })
})
