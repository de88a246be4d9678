import { readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { readPages } from './docs-check/page.ts'
import { temporaryFolder } from './example-run.ts'
import { LanguageServer } from './language-server.ts'
import { runMain } from './run-spanloom.ts'

const repository = fileURLToPath(new URL('../../../', import.meta.url))
const modeline = '# yaml-language-server: $schema=./spanloom.schema.json\n'
const around = 'service:\n  pipelines:\n    traces:\n      receivers: [otlp]\n      exporters: [debug]\n'
const whole = `receivers:\n  otlp:\n    protocols:\n      http:\nexporters:\n  debug:\n${around}`

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let server: LanguageServer

beforeAll(async () => {
  folder = await temporaryFolder()
  const { stdout } = await runMain(['schema'])
  await writeFile(join(folder.path, 'spanloom.schema.json'), stdout)
  server = await LanguageServer.start(folder.path)
}, 60_000)

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

/** `line:column message` of what the editor marks, without the modeline's line. */
async function marks(text: string): Promise<readonly string[]> {
  const diagnostics = await server.check(modeline + text)
  return diagnostics
    .toSorted((a, b) => a.range.start.line - b.range.start.line)
    .map(
      ({ range: { start }, message }) =>
        `${start.line}:${start.character + 1} ${typeof message === 'string' ? message : message.value}`,
    )
}

describe('completion with the yaml-language-server', () => {
  const labels = async (text: string): Promise<readonly string[]> =>
    (await server.complete(modeline + text)).map(({ label }) => label)

  it.each([
    ['sections', '|', ['receivers', 'processors', 'exporters', 'connectors', 'extensions', 'service']],
    ['types of receivers', 'receivers:\n  |\n', ['otlp', 'invictus', 'valuestream', 'websocket', 'orchest']],
    [
      'types of exporters',
      'exporters:\n  |\n',
      ['otlp_http', 'otlp_grpc', 'azure_event_hub', 'debug', 'file'],
    ],
    ['keys', 'receivers:\n  otlp:\n    protocols:\n      http:\n        |\n', ['endpoint', 'tls', 'cors']],
    ['keys of a component with a name', 'exporters:\n  otlp_http/a:\n    |\n', ['endpoint', 'sending_queue']],
    ['words of a list', 'exporters:\n  otlp_http:\n    compression: |\n', ['gzip', 'zstd', 'none']],
    ['booleans', 'exporters:\n  otlp_http:\n    disable_keep_alives: |\n', ['true', 'false']],
    ['pipelines', 'service:\n  pipelines:\n    |\n', ['traces']],
    ['parts of a pipeline', 'service:\n  pipelines:\n    traces:\n      |\n', ['receivers', 'processors']],
    [
      'receivers of a pipeline',
      'service:\n  pipelines:\n    traces:\n      receivers: [|]\n',
      ['otlp', 'forward'],
    ],
    [
      'processors of a pipeline',
      'service:\n  pipelines:\n    traces:\n      processors:\n        - |\n',
      ['span_assembly', 'batch'],
    ],
    ['extensions', 'service:\n  extensions: [|]\n', ['health_check', 'file_storage']],
    ['storages', 'processors:\n  span_assembly:\n    storage: |\n', ['file_storage']],
  ])('offers %s', async (_what, text, expected) => {
    expect(await labels(text)).toEqual(expect.arrayContaining(expected))
  })

  it('offers no old names', async () => {
    expect(await labels('exporters:\n  |\n')).not.toContain('otlphttp')
  })

  it('fills in defaults', async () => {
    const offered = await server.complete(`${modeline}extensions:\n  health_check:\n    endp|\n`)
    const item = offered.find(({ label }) => label === 'endpoint')

    expect(JSON.stringify(item)).toContain('localhost:13133')
  })
})

describe('hover with the yaml-language-server', () => {
  it.each([
    ['a section', 'recei|vers:\n  otlp:\n', 'Where spans and events come from.'],
    ['a component', 'receivers:\n  ot|lp:\n', 'Receives traces over OTLP/gRPC and OTLP/HTTP.'],
    ['a component with a name', 'receivers:\n  otlp/b|c:\n', 'Receives traces over OTLP/gRPC and OTLP/HTTP.'],
    ['a setting', 'exporters:\n  otlp_http:\n    compre|ssion: gzip\n', 'How requests are compressed.'],
    ['its words', 'exporters:\n  otlp_http:\n    compre|ssion: gzip\n', '`zstd`'],
    [
      'a deep setting',
      'exporters:\n  otlp_grpc:\n    sending_queue:\n      stor|age: file_storage\n',
      'Id of a storage extension',
    ],
    ['the list of pipelines', 'service:\n  pipe|lines:\n    traces:\n', 'The ways that spans take'],
    [
      'the log',
      'service:\n  telemetry:\n    lo|gs:\n      level: info\n',
      'The log of the collector itself.',
    ],
  ])('explains %s', async (_what, text, words) => {
    const shown = await server.hover(modeline + text)

    expect(shown).toContain(words)
    expect(shown).not.toContain('||')
  })
})

describe('marks of the yaml-language-server', () => {
  it.each([
    ['an unknown key', whole.replace('http:', 'htp:'), ['4:7 Property htp is not allowed.']],
    ['an unknown type', whole.replace('  debug:', '  debg:'), ['6:3 Property debg is not allowed.']],
    ['an unknown section', `${whole}pipeline: {}\n`, ['12:1 Property pipeline is not allowed.']],
    [
      'types that do not fit',
      whole.replace(
        'http:',
        'http:\n        max_request_body_size: big\n        include_metadata: yes\n        endpoint: 4318\n        compression_algorithms: 5',
      ),
      [
        '5:32 Write a whole number.',
        '6:27 Write true or false.',
        '7:19 Write a text; numbers need quotes here.',
        '8:33 Write a list.',
      ],
    ],
    [
      'a number out of its range',
      whole.replace('debug:', 'otlp_http:\n    sending_queue: { queue_size: 0 }'),
      ['7:34 Value is below the minimum of 1.'],
    ],
    [
      'a duration without unit',
      whole.replace('debug:', 'otlp_http: { timeout: 5 }'),
      ['6:25 Write a duration such as 300ms, 5s or 1h30m.'],
    ],
    [
      'a day',
      whole.replace('debug:', 'otlp_http: { timeout: 1d }'),
      ['6:25 Write a duration such as 300ms, 5s or 1h30m.'],
    ],
    [
      'a size',
      `${whole}extensions: { file_storage: { max_disk: much } }\n`,
      ['12:41 Write a number of bytes such as 4GiB.'],
    ],
    [
      'a word that is not in the list',
      whole.replace('debug:', 'debug: { verbosity: loud }'),
      ['6:23 Write one of: basic, normal, detailed, tree.'],
    ],
    ['a missing setting', whole.replace('debug:', 'file: {}'), ['6:3 Missing property "path".']],
    [
      'a missing setting of a section',
      whole.replace('http:', 'http: { auth: {} }'),
      ['4:15 Missing property "authenticator".'],
    ],
    [
      'a reference to no type at all',
      whole.replace('[debug]', '[debg]'),
      [
        '11:19 Write the id of a configured exporter or connector. Types: azure_event_hub, debug, file, forward, nop, otlp_grpc, otlp_http, value_stream, webhook.',
      ],
    ],
    [
      'an old name',
      whole.replace('debug:', 'otlphttp: { endpoint: http://localhost:4318 }'),
      ['6:3 Write otlp_http instead: otlphttp is its old name.'],
    ],
    [
      'a pipeline of another signal',
      `${whole}    metrics: { receivers: [otlp] }\n`,
      ['12:5 This collector handles traces only; started with --traces-only, it skips this pipeline.'],
    ],
  ])('show %s', async (_what, text, expected) => {
    expect(await marks(text)).toEqual(expected)
  })
})

describe('no false alarms of the yaml-language-server', () => {
  const examples = readdirSync(join(repository, 'config')).filter((name) => name.endsWith('.yaml'))
  // The schema of these tests knows no plugins.
  const blocks = readPages(repository)
    .flatMap((page) => page.blocks)
    .filter(
      ({ language, words }) => language === 'yaml' && !words.includes('plain') && !words.includes('broken'),
    )
    .filter(({ text }) => !/^plugins:/m.test(text))

  it.each(examples)('in config/%s', async (name) => {
    expect(await marks(readFileSync(join(repository, 'config', name), 'utf8'))).toEqual([])
  })

  it('in any block of the documentation', async () => {
    const found = await Promise.all(
      blocks.map(async ({ page, line, text }) =>
        (await marks(text)).map((mark) => `${page}:${line}: ${mark}`),
      ),
    )
    // `validate` warns of old names, too.
    const alarms = found.flat().filter((mark) => !mark.endsWith('is its old name.'))

    expect(blocks.length).toBeGreaterThan(30)
    expect(alarms).toEqual([])
  }, 120_000)

  it('in forms that only this program knows', async () => {
    const text = `receivers::otlp::protocols::http::endpoint: localhost:\${env:PORT:-4318}
receivers:
  otlp/off: { protocols: { http: { auth: { enabled: false } }, grpc: } }
  otlp/file: \${file:receiver.yaml}
exporters:
  otlp_http: { endpoint: "http://localhost:4318", timeout: "\${env:T}", sending_queue: { queue_size: "\${env:N:-5}", enabled: false } }
  debug: { verbosity: "\${env:V:-basic}" }
service:
  extensions: file_storage, health_check
  pipelines: { traces: { receivers: [otlp/off], exporters: "debug, otlp_http" }, traces/b: "\${file:b.yaml}" }
extensions: { file_storage: , health_check: }
`
    expect(await marks(text)).toEqual([])
  })
})
