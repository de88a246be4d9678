import type { Component, TracesConsumer } from '../../src/index.ts'
import {
  type CollectorConfig,
  ConfigError,
  type ConfigIssue,
  type LoadOptions,
  type Registry,
  createRegistry,
  defineConnector,
  defineExtension,
  defineProcessor,
  defineReceiver,
  entryOf,
  factoryOf,
  loadConfig,
} from '../../src/index.ts'

const idle: Component & TracesConsumer = {
  start: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
  consumeTraces: () => Promise.resolve(),
}

const server = (port: number) =>
  ({
    type: 'object',
    section: 'ready',
    properties: { endpoint: { type: 'string', format: 'endpoint', default: `localhost:${port}` } },
  }) as const

const otlpReceiver = defineReceiver({
  type: 'otlp',
  stability: 'beta',
  description: 'Receives OTLP.',
  schema: {
    type: 'object',
    properties: { protocols: { type: 'object', properties: { grpc: server(4317), http: server(4318) } } },
  } as const,
  validate(config, report) {
    const { grpc, http } = config.protocols
    if (grpc === undefined && http === undefined) report(['protocols'], 'must specify at least one protocol')
  },
  create: () => idle,
})

const exporterSchema = {
  type: 'object',
  properties: {
    endpoint: { type: 'string', description: 'Where to send to.' },
    timeout: { type: 'string', format: 'duration', default: '5s', minimumMs: 0 },
    headers: { type: 'object', additionalProperties: { type: 'string', secret: true } },
    token: { type: 'string', secret: true, default: 'built-in' },
    tags: { type: 'array', items: { type: 'string' }, default: ['a', 'b'] },
    int: { type: 'integer', default: 7 },
    text: { type: 'string', default: 'seven' },
    bool: { type: 'boolean', default: true },
    any: { any: true },
    old: { type: 'integer', ignored: 'old has no effect.' },
    sending_queue: {
      type: 'object',
      section: 'on',
      properties: {
        queue_size: { type: 'integer', minimum: 1, default: 1000 },
        storage: { type: 'string', reference: 'extension' },
      },
    },
  },
} as const

const exporter = (type: string) => ({
  ...factoryOf('exporter', { type, stability: 'beta', schema: exporterSchema }, () => idle),
})

const processor = (type: string) =>
  defineProcessor({
    type,
    stability: 'beta',
    schema: { type: 'object', properties: { limit: { type: 'integer', default: 1 } } } as const,
    create: () => idle,
  })

/** A few components that resemble the real ones. */
export const registry: Registry = createRegistry([
  entryOf(otlpReceiver),
  { ...entryOf(exporter('otlp_http')), aliases: ['otlphttp'] },
  { ...entryOf(exporter('otlp_grpc')), aliases: ['otlp'] },
  entryOf(exporter('debug')),
  entryOf(processor('batch')),
  entryOf(processor('filter')),
  entryOf(
    defineConnector({
      type: 'forward',
      stability: 'beta',
      schema: { type: 'object', properties: {} } as const,
      create: () => idle,
    }),
  ),
  entryOf(
    defineExtension({
      type: 'file_storage',
      stability: 'beta',
      schema: { type: 'object', properties: { directory: { type: 'string', default: './data' } } } as const,
      create: () => idle,
    }),
  ),
])

/** A configuration that is right and small. */
export const base = `
receivers:
  otlp:
    protocols:
      http:
exporters:
  debug:
service:
  pipelines:
    traces:
      receivers: [otlp]
      exporters: [debug]
`

export interface Setup extends Partial<Omit<LoadOptions, 'readFile' | 'sources'>> {
  /** Texts of files by path. */
  readonly files?: Readonly<Record<string, string>>
  readonly sources?: readonly string[]
}

/** Loads from files in memory; without `sources`, all files in order. */
export function load(setup: Setup | string): Promise<CollectorConfig> {
  const {
    files = {},
    sources,
    ...options
  } = typeof setup === 'string' ? { files: { 'c.yaml': setup } } : setup
  return loadConfig({
    registry,
    env: {},
    fetch: () => Promise.reject(new Error('no network')),
    ...options,
    sources: sources ?? Object.keys(files),
    readFile(path) {
      const text = files[path]
      const missing = Object.assign(new Error(`ENOENT: no such file or directory, open '${path}'`), {
        code: 'ENOENT',
      })
      return text === undefined ? Promise.reject(missing) : Promise.resolve(Buffer.from(text))
    },
  })
}

/** The issues of a configuration that must be refused. */
export async function faultsOf(setup: Setup | string): Promise<readonly ConfigIssue[]> {
  try {
    await load(setup)
  } catch (error) {
    if (error instanceof ConfigError) return error.issues
    throw error
  }
  throw new Error('The configuration was accepted.')
}

/** `line:column path: message`, one for each issue. */
export async function linesOf(setup: Setup | string): Promise<readonly string[]> {
  return (await faultsOf(setup)).map(
    ({ line, column, path, message }) => `${line}:${column} ${path.join('::')}: ${message}`,
  )
}
