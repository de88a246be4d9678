import { type DestinationName, destinations } from './destinations.ts'
import { type Source, type SourceName, sources, type Variable } from './sources.ts'

/** What a written file shall do. */
export interface Choice {
  readonly from: readonly SourceName[]
  readonly to: DestinationName
  /** Keeps open spans and what waits to be sent on disk. */
  readonly durable: boolean
  /** Answers whether the collector is ready. */
  readonly health: boolean
  /** Shows what the collector does, and reloads it. */
  readonly admin: boolean
  /** What editors check the file with, relative to it. */
  readonly schema: string
}

/** A file that works, and what has to be set for it. */
export interface PipelineText {
  readonly text: string
  readonly variables: readonly Variable[]
}

/** Writes a configuration with comments. The same choice always gives the same text. */
export function pipelineText(choice: Choice): PipelineText {
  const chosen: readonly Source[] = choice.from.map((name) => sources[name])
  const to = destinations[choice.to]
  const assembled = chosen.some((source) => source.assembled)
  const durable = choice.durable && (assembled || to.queued || chosen.some(({ lines }) => usesStorage(lines)))
  const extensions = [
    ...(durable ? storage : []),
    ...(choice.health ? health : []),
    ...(choice.admin ? admin : []),
  ]
  const processors = [
    ...(assembled ? assembly(durable) : []),
    ...(choice.from.includes('cloudevents') ? links : []),
    ...(to.gathered ? gathering : []),
  ]
  const receivers = [...new Set(chosen.map(({ receiver }) => receiver))]
  const lines = [
    `# yaml-language-server: $schema=${choice.schema}`,
    '#',
    `# From ${listOf(chosen.map(({ label }) => label))} to ${to.label}; written by \`spanloom init\`.`,
    '# Secrets and addresses come from the environment: ${env:NAME}, or ${env:NAME:-default}.',
    'receivers:',
    ...receivers.flatMap((id) => receiverLines(id, chosen, durable)),
    ...section('processors', processors),
    'exporters:',
    `  # ${to.label}: ${to.hint}.`,
    `  ${to.exporter}:`,
    ...to.lines,
    ...(durable && to.queued
      ? [
          '    sending_queue:',
          '      # On disk before a sender is answered; it leaves when the destination took it.',
          '      storage: file_storage',
        ]
      : []),
    ...section('extensions', extensions),
    'service:',
    ...(extensions.length === 0 ? [] : [`  extensions: [${idsIn(extensions).join(', ')}]`]),
    '  pipelines:',
    '    traces:',
    `      receivers: [${receivers.join(', ')}]`,
    ...(processors.length === 0 ? [] : [`      processors: [${idsIn(processors).join(', ')}]`]),
    `      exporters: [${to.exporter}]`,
  ]
  const variables = [...chosen, to].flatMap((part): readonly Variable[] => part.variables)
  return { text: `${lines.join('\n')}\n`, variables }
}

/** One component in a section: its id, its comment and its settings. */
type Part = readonly [id: string, ...lines: readonly string[]]

const storage: readonly Part[] = [
  [
    'file_storage',
    '  # What was acknowledged survives a crash. Add `fsync: true` to survive a power failure, too.',
    '  file_storage:',
    '    directory: ./storage',
    '    create_directory: true',
  ],
]

const health: readonly Part[] = [
  [
    'health_check',
    '  # Answers 200 when everything runs: curl http://localhost:13133/',
    '  health_check:',
    '    endpoint: localhost:13133',
  ],
]

const admin: readonly Part[] = [
  [
    'admin',
    '  # Shows what the collector does, in a browser: http://localhost:55679/',
    '  admin:',
    '    endpoint: localhost:55679',
  ],
]

const assembly = (durable: boolean): readonly Part[] => [
  [
    'span_assembly',
    '  # Makes one span of the events that tell of its start, its course and its end.',
    '  span_assembly:',
    ...(durable ? ['    storage: file_storage'] : []),
  ],
]

const links: readonly Part[] = [
  [
    'cloudevents',
    '  # Links the spans of consumers with those of the producers of their events.',
    '  cloudevents:',
    '    hold: 5s',
  ],
]

const gathering: readonly Part[] = [
  [
    'batch',
    '  # Gathers the spans of a trace, so that they are printed as one tree.',
    '  batch:',
    '    timeout: 1s',
    '    wait_for_result: false',
  ],
]

function section(name: string, parts: readonly Part[]): readonly string[] {
  return parts.length === 0 ? [] : [`${name}:`, ...parts.flatMap(([, ...lines]) => lines)]
}

const idsIn = (parts: readonly Part[]): readonly string[] => parts.map(([id]) => id)

function receiverLines(id: string, chosen: readonly Source[], durable: boolean): readonly string[] {
  const own = chosen.filter(({ receiver }) => receiver === id)
  const hints = own.map(({ label, hint }) => `  # ${label}: ${hint}.`)
  const settings = own.flatMap(({ lines }) => lines(durable))
  if (id !== 'valuestream') return [...hints, `  ${id}:`, ...settings]
  return [...hints, `  ${id}:`, '    endpoint: 127.0.0.1:5000', '    sources:', ...settings]
}

function usesStorage(lines: Source['lines']): boolean {
  return lines(true).length > lines(false).length
}

function listOf(words: readonly string[]): string {
  const last = words.at(-1) ?? ''
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`
}
