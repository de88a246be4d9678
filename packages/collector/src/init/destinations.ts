import type { Variable } from './sources.ts'

/** Something that spans go to. */
export interface Destination {
  /** For the list to choose from. */
  readonly label: string
  readonly hint: string
  /** Id of the exporter. */
  readonly exporter: string
  /** Lines of the exporter's settings, indented as in the file. */
  readonly lines: readonly string[]
  /** Whether what waits can be kept on disk. */
  readonly queued: boolean
  /** Whether spans are gathered before, so that a trace is printed as one tree. */
  readonly gathered: boolean
  readonly variables: readonly Variable[]
}

const hub: Variable = {
  name: 'TRACES_EVENT_HUB',
  meaning: 'connection string of the hub that traces go to, with its EntityPath',
  example:
    'Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=c2VjcmV0;EntityPath=traces',
}

/** The names that `--to` takes, in the order in which they are offered. */
export const destinationNames = ['otlp', 'event-hubs', 'file', 'debug'] as const

/** Name of a destination. */
export type DestinationName = (typeof destinationNames)[number]

/** All destinations. */
export const destinations: Readonly<Record<DestinationName, Destination>> = {
  otlp: {
    label: 'OTLP endpoint',
    hint: 'any OpenTelemetry backend or collector',
    exporter: 'otlp_http',
    lines: [
      '    # /v1/traces is appended.',
      '    endpoint: ${env:OTLP_BACKEND:-http://localhost:14318}',
      '    # headers:',
      '    #   authorization: Bearer ${env:OTLP_TOKEN}',
    ],
    queued: true,
    gathered: false,
    variables: [],
  },
  'event-hubs': {
    label: 'Azure Event Hubs',
    hint: 'OTLP in an event hub, for other collectors',
    exporter: 'azure_event_hub',
    lines: [`    connection: \${env:${hub.name}}`, '    encoding: otlp_proto'],
    queued: true,
    gathered: false,
    variables: [hub],
  },
  file: {
    label: 'File',
    hint: 'a line of OTLP JSON for each batch',
    exporter: 'file',
    lines: ['    path: ./traces.jsonl', '    append: true'],
    queued: false,
    gathered: false,
    variables: [],
  },
  debug: {
    label: 'Terminal',
    hint: 'traces as trees, to look at',
    exporter: 'debug',
    lines: ['    verbosity: tree', '    use_internal_logger: false'],
    queued: false,
    gathered: true,
    variables: [],
  },
}
