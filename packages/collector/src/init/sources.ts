/** A variable that a written file refers to, because its value is a secret or differs from place to place. */
export interface Variable {
  readonly name: string
  /** What its value is, for people. */
  readonly meaning: string
  /** A value of the right form. */
  readonly example: string
}

/** Something that spans or events come from. */
export interface Source {
  /** For the list to choose from. */
  readonly label: string
  readonly hint: string
  /** Id of the receiver; sources with the same one share it. */
  readonly receiver: string
  /** Lines of the receiver's settings, indented as in the file. `storage` is that of what cannot be used. */
  readonly lines: (durable: boolean) => readonly string[]
  /** Whether its events are only parts of spans. */
  readonly assembled: boolean
  readonly variables: readonly Variable[]
}

const secret = (name: string, meaning: string): Variable => ({ name, meaning, example: 'a-long-random-text' })

const githubSecret = secret('GITHUB_WEBHOOK_SECRET', 'the secret of the webhook in GitHub')
const gitlabToken = secret('GITLAB_WEBHOOK_TOKEN', 'the secret token of the webhook in GitLab')
const jenkinsToken = secret('JENKINS_TOKEN', 'what the URL in Jenkins carries as ?token=')
const jiraSecret = secret('JIRA_WEBHOOK_SECRET', 'the secret of the webhook in Jira')
const orchestSecret = secret('ORCHEST_WEBHOOK_SECRET', 'the secret of the webhook in Orchest')
const hub: Variable = {
  name: 'INVICTUS_EVENT_HUB',
  meaning: 'connection string of the hub with the flow-trace events, with its EntityPath',
  example:
    'Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=listen;SharedAccessKey=c2VjcmV0;EntityPath=flows',
}

/** The names that `--from` takes, in the order in which they are offered. */
export const sourceNames = [
  'otlp',
  'invictus-http',
  'invictus-hub',
  'github',
  'gitlab',
  'jenkins',
  'jira',
  'websocket-bridge',
  'websocket-tap',
  'cloudevents',
  'orchest',
  'files',
] as const

/** Name of a source. */
export type SourceName = (typeof sourceNames)[number]

/** All sources. */
export const sources: Readonly<Record<SourceName, Source>> = {
  otlp: {
    label: 'OTLP',
    hint: 'spans of OpenTelemetry SDKs and collectors',
    receiver: 'otlp',
    assembled: false,
    variables: [],
    lines: () => [
      '    protocols:',
      '      grpc:',
      '        endpoint: localhost:4317',
      '      http:',
      '        endpoint: localhost:4318',
    ],
  },
  'invictus-http': {
    label: 'Invictus over HTTP',
    hint: 'flow-trace events, posted as JSON',
    receiver: 'invictus/http',
    assembled: true,
    variables: [],
    lines: () => ['    http:', '      endpoint: localhost:8099'],
  },
  'invictus-hub': {
    label: 'Invictus from Event Hubs',
    hint: 'flow-trace events out of an Azure event hub',
    receiver: 'invictus/hub',
    assembled: true,
    variables: [hub],
    lines: (durable) => [
      '    event_hub:',
      `      connection: \${env:${hub.name}}`,
      ...(durable ? ['      # Where reading goes on after a restart.', '      storage: file_storage'] : []),
    ],
  },
  github: valueStream(
    'GitHub',
    'issues, pull requests, Actions, deployments',
    'github',
    'secret',
    githubSecret,
  ),
  gitlab: valueStream('GitLab', 'issues, merge requests, pipelines, jobs', 'gitlab', 'token', gitlabToken),
  jenkins: valueStream(
    'Jenkins',
    'builds and deploys of the statistics-gatherer',
    'jenkins',
    'token',
    jenkinsToken,
  ),
  jira: valueStream('Jira', 'issues and sprints', 'jira', 'secret', jiraSecret),
  'websocket-bridge': {
    label: 'WebSocket bridge',
    hint: 'carries commands to a local HTTP API, and its answers back',
    receiver: 'websocket/bridge',
    assembled: false,
    variables: [
      {
        name: 'WEBSOCKET_URL',
        meaning: 'where commands come from',
        example: 'wss://connector.example.test/entry',
      },
      {
        name: 'CALLBACK_URL',
        meaning: 'where answers go to',
        example: 'https://connector.example.test',
      },
    ],
    lines: () => [
      '    mode: bridge',
      '    connections:',
      '      - url: ${env:WEBSOCKET_URL}',
      '    forward:',
      '      # The local API that carries out the commands.',
      '      url: http://127.0.0.1:9000/commands/{operation}',
      '    callback:',
      '      url: ${env:CALLBACK_URL}/callback/{operation}',
      '      # Where the local API posts answers that take longer.',
      '      proxy: 127.0.0.1:9100',
    ],
  },
  'websocket-tap': {
    label: 'WebSocket tap',
    hint: 'passes a connection on unchanged, and watches',
    receiver: 'websocket/tap',
    assembled: false,
    variables: [
      {
        name: 'WEBSOCKET_UPSTREAM',
        meaning: 'where connections are passed on to',
        example: 'wss://connector.example.test',
      },
      {
        name: 'CALLBACK_UPSTREAM',
        meaning: 'where answers are passed on to',
        example: 'https://connector.example.test',
      },
    ],
    lines: () => [
      '    mode: tap',
      '    listen:',
      '      # Where the integrator connects instead.',
      '      endpoint: 127.0.0.1:9200',
      '    upstream: ${env:WEBSOCKET_UPSTREAM}',
      '    callback:',
      '      url: ${env:CALLBACK_UPSTREAM}/callback/{operation}',
      '      # Where the integrator posts its answers instead.',
      '      proxy: 127.0.0.1:9101',
    ],
  },
  cloudevents: {
    label: 'CloudEvents',
    hint: 'events over HTTP in binary, structured and batch mode',
    receiver: 'cloudevents',
    assembled: false,
    variables: [],
    lines: () => ['    http:', '      endpoint: localhost:8080', '      path: /events'],
  },
  orchest: {
    label: 'Orchest',
    hint: 'signed webhooks and telemetry of jobs and sessions',
    receiver: 'orchest',
    assembled: true,
    variables: [orchestSecret],
    lines: (durable) => [
      '    endpoint: 127.0.0.1:4319',
      '    webhook:',
      `      secret: \${env:${orchestSecret.name}}`,
      '    relay: {}',
      ...(durable
        ? ['    # Deliveries that cannot be used, for `spanloom queue`.', '    storage: file_storage']
        : []),
    ],
  },
  files: {
    label: 'Files',
    hint: 'traces that a file exporter wrote as OTLP JSON',
    receiver: 'otlp_json_file',
    assembled: false,
    variables: [],
    lines: () => ["    include: ['./traces/*.jsonl']", '    start_at: beginning'],
  },
}

function valueStream(label: string, hint: string, tool: string, key: string, variable: Variable): Source {
  return {
    label,
    hint,
    receiver: 'valuestream',
    assembled: true,
    variables: [variable],
    lines: () => [`      ${tool}:`, `        ${key}: \${env:${variable.name}}`],
  }
}
