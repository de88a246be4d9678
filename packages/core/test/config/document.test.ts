import { describe, expect, it } from 'vitest'

import { createRegistry } from '../../src/index.ts'
import { base, faultsOf, linesOf, load, registry } from './load.ts'

const messages = async (text: string): Promise<readonly string[]> =>
  (await faultsOf(text)).map(({ path, message }) => `${path.join('::')}: ${message}`)

describe('CFG-01, CFG-02 shape', () => {
  it('refuses other top-level keys and other keys of service', async () => {
    expect(await linesOf(`reciever: {}\n${base}  piplines: {}\n`)).toEqual([
      "1:1 reciever: '' has invalid keys: reciever",
      "14:3 service::piplines: 'service' has invalid keys: piplines",
    ])
  })

  it('takes the example of section 1.1', async () => {
    const config = await load({
      env: { TOKEN: 'abc' },
      files: {
        'c.yaml': `
receivers:
  otlp:
    protocols:
      http:                       # null body = all defaults (localhost:4318)
processors:
  batch:
    limit: 256
exporters:
  otlp_http/backend:              # type/name
    endpoint: https://traces.example.com
    headers: { authorization: "Bearer \${env:TOKEN}" }
    sending_queue:
      storage: file_storage
extensions:
  file_storage:
    directory: ./data
service:
  extensions: [file_storage]
  pipelines:
    traces/orders:                # signal/name
      receivers: [otlp]
      processors: [batch]
      exporters: [otlp_http/backend]
`,
      },
    })

    expect(config.service.pipelines.get('traces/orders')).toMatchObject({
      receivers: ['otlp'],
      processors: ['batch'],
      exporters: ['otlp_http/backend'],
    })
    expect(config.exporters.get('otlp_http/backend')?.config).toMatchObject({
      headers: { authorization: 'Bearer abc' },
      sending_queue: { storage: 'file_storage', queue_size: 1000 },
    })
    expect(config.warnings).toEqual([])
    expect(config.sources).toEqual(['c.yaml'])
  })
})

describe('CFG-03, CFG-04 components that no pipeline lists', () => {
  it('are checked all the same', async () => {
    expect(await linesOf(base.replace('  debug:', '  debug:\n  debug/2: {int: x}'))).toEqual([
      "8:18 exporters::debug/2::int: 'int' expected type 'int', got unconvertible type 'string'",
    ])
  })

  it('give one warning each with id and line', async () => {
    const { warnings } = await load(
      `${base}processors: {batch: }\nextensions: {file_storage: }\n`.replace(
        '  debug:',
        '  debug:\n  debug/2:',
      ),
    )

    expect(warnings.map(({ line, message }) => [line, message])).toEqual([
      [8, 'exporter "debug/2" is configured but not used by any pipeline'],
      [14, 'processor "batch" is configured but not used by any pipeline'],
      [15, 'extension "file_storage" is configured but not listed in service::extensions'],
    ])
  })
})

describe('CFG-05 minimum', () => {
  it.each([
    ['', 'empty configuration file'],
    ['# nothing\n', 'empty configuration file'],
    ['service: {pipelines: {traces: {receivers: [a], exporters: [b]}}}', 'empty configuration file'],
    ['receivers: {otlp: }', 'no exporter configuration specified in config'],
    ['exporters: {debug: }', 'no receiver configuration specified in config'],
    ['receivers: {otlp: }\nexporters: {debug: }', 'service must have at least one pipeline'],
    [`${base}\n    traces/2: {receivers: [], exporters: [debug]}`, 'must have at least one receiver'],
    [`${base}\n    traces/2: {receivers: [otlp]}`, 'must have at least one exporter'],
  ])('%j: %s', async (text, message) => {
    expect((await faultsOf(text)).map((issue) => issue.message)).toContain(message)
  })

  it('names the pipeline that lacks something', async () => {
    expect(await messages(`${base}\n    traces/2:`)).toEqual([
      'service::pipelines::traces/2: must have at least one receiver',
      'service::pipelines::traces/2: must have at least one exporter',
    ])
  })
})

describe('CFG-06 duplicates', () => {
  it('refuses a component that is listed twice', async () => {
    const text = `
receivers: {otlp: {protocols: {http: }}}
processors: {batch: }
exporters: {debug: }
extensions: {file_storage: }
service:
  extensions: [file_storage, file_storage]
  pipelines:
    traces:
      receivers: [otlp, otlp]
      processors: [batch, batch]
      exporters: [debug, debug]
`

    expect(await linesOf(text)).toEqual([
      '7:30 service::extensions: references extension "file_storage" multiple times',
      '10:25 service::pipelines::traces: references receiver "otlp" multiple times',
      '11:27 service::pipelines::traces: references processor "batch" multiple times',
      '12:26 service::pipelines::traces: references exporter "debug" multiple times',
    ])
  })

  it('accepts lists as one text with commas', async () => {
    const config = await load(
      `${base}processors: {batch: , filter: }`.replace('[otlp]', 'otlp\n      processors: batch, filter'),
    )

    expect(config.service.pipelines.get('traces')?.processors).toEqual(['batch', 'filter'])
  })
})

describe('CFG-07 connectors', () => {
  const withConnectors = (connectors: string, pipelines: string, processors = '{}'): string => `
receivers: {otlp: {protocols: {http: }}}
processors: ${processors}
exporters: {debug: }
connectors: ${connectors}
service:
  pipelines:
${pipelines}
`

  it('join two pipelines', async () => {
    const config = await load(
      withConnectors(
        '{forward: }',
        `    traces/in: {receivers: [otlp], exporters: [forward]}
    traces/out: {receivers: [forward], exporters: [debug]}`,
      ),
    )

    expect([...config.connectors.keys()]).toEqual(['forward'])
    expect(config.warnings).toEqual([])
  })

  it('must not share an id with an exporter or receiver', async () => {
    const twins = createRegistry([
      ...registry.entries,
      ...registry.entries
        .filter(({ kind }) => kind === 'connector')
        .flatMap((entry) => ['debug', 'otlp'].map((type) => ({ ...entry, type }))),
    ])
    const text = withConnectors(
      '{forward: , debug: , otlp: }',
      `    traces/in: {receivers: [otlp], exporters: [forward]}
    traces/out: {receivers: [forward], exporters: [debug]}`,
    )

    const faults = await faultsOf({ files: { 'c.yaml': text }, registry: twins })
    expect(faults.map(({ path, message }) => `${path.join('::')}: ${message}`)).toEqual(
      expect.arrayContaining([
        'connectors::debug: ambiguous ID: Found both "debug" exporter and "debug" connector',
        'connectors::otlp: ambiguous ID: Found both "otlp" receiver and "otlp" connector',
      ]),
    )
  })

  it('must be used on both sides', async () => {
    expect(
      await messages(withConnectors('{forward: }', '    traces: {receivers: [otlp], exporters: [forward]}')),
    ).toEqual([
      'connectors::forward: connector "forward" used as exporter in [traces] pipeline but not used in any supported receiver pipeline',
    ])
    expect(
      await messages(
        withConnectors(
          '{forward: }',
          `    traces: {receivers: [forward], exporters: [debug]}
    traces/2: {receivers: [forward, otlp], exporters: [debug]}`,
        ),
      ),
    ).toEqual([
      'connectors::forward: connector "forward" used as receiver in [traces traces/2] pipeline but not used in any supported exporter pipeline',
    ])
  })

  it('must not lead back to themselves', async () => {
    const text = withConnectors(
      '{forward/a: , forward/b: }',
      `    traces/in: {receivers: [otlp], exporters: [forward/a, debug]}
    traces/1: {receivers: [forward/a], processors: [batch, filter], exporters: [forward/b]}
    traces/2: {receivers: [forward/b], exporters: [debug, forward/a]}`,
      '{batch: , filter: }',
    )

    expect(await messages(text)).toEqual([
      'service::pipelines: cycle detected: connector "forward/a" (traces to traces) -> processor "batch" in pipeline "traces/1" -> processor "filter" in pipeline "traces/1" -> connector "forward/b" (traces to traces) -> connector "forward/a" (traces to traces)',
    ])
  })

  it('may meet again without a cycle', async () => {
    const text = withConnectors(
      '{forward/a: , forward/b: , forward/c: }',
      `    traces/in: {receivers: [otlp], exporters: [forward/a, forward/b]}
    traces/1: {receivers: [forward/a], exporters: [forward/c]}
    traces/2: {receivers: [forward/b], exporters: [forward/c]}
    traces/3: {receivers: [forward/c], exporters: [debug]}`,
    )

    await expect(load(text)).resolves.toBeDefined()
  })
})

describe('CFG-08 signals', () => {
  it('accepts only traces and says so', async () => {
    const text = `${base}    metrics: {receivers: [otlp], exporters: [debug]}\n    spans/x: {}\n`

    expect(await linesOf(text)).toEqual([
      '13:5 service::pipelines::metrics: telemetry type is not supported: this collector handles traces only',
      '14:5 service::pipelines::spans/x: unknown signal "spans": this collector handles traces only',
    ])
  })

  it('skips other signals and what only they use with tracesOnly', async () => {
    const text = `
receivers: {otlp: {protocols: {http: }}, hostmetrics: {scrapers: {cpu: }}}
processors: {resourcedetection: {}, batch: }
exporters: {debug: , prometheus: {endpoint: x}}
connectors: {count: {}}
service:
  pipelines:
    traces: {receivers: [otlp], processors: [batch], exporters: [debug]}
    metrics: {receivers: [hostmetrics, otlp, count], processors: [resourcedetection, batch], exporters: [prometheus, debug]}
    logs/app: {receivers: "otlp,filelog", exporters: [count]}
`
    const config = await load({ files: { 'c.yaml': text }, tracesOnly: true })

    expect([...config.service.pipelines.keys()]).toEqual(['traces'])
    expect([...config.receivers.keys()]).toEqual(['otlp'])
    expect([...config.processors.keys()]).toEqual(['batch'])
    expect(config.warnings.map(({ path, message }) => `${path.join('::')}: ${message}`)).toEqual([
      'service::pipelines::metrics: skipped: this collector handles traces only',
      'service::pipelines::logs/app: skipped: this collector handles traces only',
    ])
  })
})

describe('CFG-09 keys', () => {
  it('are case-sensitive', async () => {
    expect(await linesOf(base.replace('receivers:\n', 'Receivers:\n'))).toContain(
      "2:1 Receivers: '' has invalid keys: Receivers",
    )
  })

  it('vector 1: names the key, its line and the nearest known one', async () => {
    const [issue] = await faultsOf(base.replace('http:', 'htp: {}'))

    expect(issue).toMatchObject({
      code: 'unknown_key',
      line: 5,
      column: 7,
      suggestion: 'http',
      path: ['receivers', 'otlp', 'protocols', 'htp'],
    })
    expect(issue?.message).toContain('has invalid keys: htp')
  })

  it('refuses __proto__ wherever it stands', async () => {
    const text = base
      .replace('debug:', 'debug: {headers: {__proto__: {a: b}}, __proto__: 1}')
      .replace('service:', '__proto__: {polluted: yes}\nservice:\n  __proto__: {}')

    expect((await faultsOf(text)).map(({ path, code }) => `${path.join('::')} ${code}`).toSorted()).toEqual([
      '__proto__ unknown_key',
      'exporters::debug::__proto__ unknown_key',
      'exporters::debug::headers::__proto__ unknown_key',
      'service::__proto__ unknown_key',
    ])
    expect({}).not.toHaveProperty('polluted')
  })
})

describe('references', () => {
  it('must be configured', async () => {
    const text = `${base}  extensions: [file_storag]\nextensions: {file_storage: }\nprocessors: {batch: }`
      .replace('[debug]', '[debgu]')
      .replace('[otlp]', '[otlp]\n      processors: [batch2]')

    expect(await faultsOf(text)).toMatchObject([
      {
        message: 'references processor "batch2" which is not configured',
        line: 12,
        column: 20,
        suggestion: 'batch',
      },
      { message: 'references exporter "debgu" which is not configured', line: 13, suggestion: 'debug' },
      { message: 'references extension "file_storag" which is not configured', suggestion: 'file_storage' },
    ])
  })

  it('must name a type that exists', async () => {
    const [issue] = await faultsOf(base.replaceAll('debug', 'debg/x'))

    expect(issue).toMatchObject({
      code: 'unknown_type',
      message: 'unknown type: "debg" for id: "debg/x" (valid values: [debug otlp_grpc otlp_http])',
      suggestion: 'debug',
      line: 7,
      column: 3,
    })
  })

  it('of settings need an extension that is configured and runs', async () => {
    const text = base.replace('debug:', 'debug: {sending_queue: {storage: file_storage/x}}')

    expect(await linesOf(text)).toEqual([
      '7:36 exporters::debug::sending_queue::storage: references extension "file_storage/x" which is not configured',
    ])
    expect(await linesOf(`${text}extensions: {file_storage/x: }`)).toEqual([
      '7:36 exporters::debug::sending_queue::storage: references extension "file_storage/x" which is not listed in service::extensions',
    ])
    await expect(
      load(`${text}  extensions: [" file_storage / x"]\nextensions: {file_storage/x: }`),
    ).resolves.toMatchObject({ service: { extensions: ['file_storage/x'] } })
  })
})

it('runs the check of a component after its schema and places what it reports', async () => {
  expect(await linesOf(base.replace('http:\n', 'http: {enabled: false}\n'))).toEqual([
    '4:5 receivers::otlp::protocols: must specify at least one protocol',
  ])
})

it('service settings have their defaults', async () => {
  const { service } = await load(base)

  expect(service).toMatchObject({ shutdownTimeoutMs: 30_000, shutdownDelayMs: 0, extensions: [] })
  expect((await load(`${base}  shutdown_timeout: 0\n  shutdown_delay: 5s`)).service).toMatchObject({
    shutdownTimeoutMs: 0,
    shutdownDelayMs: 5000,
  })
})
