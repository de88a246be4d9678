import { readFileSync } from 'node:fs'

/** One payload, as it is sent to a real process and as it stands in a test of the configuration. */
export interface SeedInput {
  readonly receiver: string
  readonly transport?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

/** An example of one of the five documents that the sources come from. */
export interface SeedExample {
  readonly name: string
  readonly input: readonly SeedInput[]
  /** Spans that come of it. */
  readonly spans: number
  /** Fields that the clock of the process or chance makes, without numbers of lists. */
  readonly clockMade: readonly string[]
}

const packages = new URL('../../../', import.meta.url)
const text = (path: string): string => readFileSync(new URL(path, packages), 'utf8')

/** Payload of a fixture of ValueStream. */
function valueStream(path: string, file: string): SeedInput {
  const { payload, headers }: { payload: unknown; headers?: Record<string, string> } = JSON.parse(
    text(`receiver-valuestream/test/fixtures/${file}.json`),
  )
  const more = headers === undefined ? {} : { headers }
  return { receiver: 'valuestream', path, ...more, body: JSON.stringify(payload) }
}

const weekLines = text('../config/samples/valuestream-week.jsonl').split('\n')

/** Deliveries of the recorded week, by the number of their line. */
function week(path: string, ...lines: readonly number[]): readonly SeedInput[] {
  return lines.map((line) => {
    const { headers, body }: { headers: Record<string, string>; body: unknown } = JSON.parse(
      weekLines[line] ?? '',
    )
    return { receiver: 'valuestream', path, headers, body: JSON.stringify(body) }
  })
}

function orchestWebhook(file: string): readonly SeedInput[] {
  const { requests }: { requests: readonly { headers: Record<string, string>; body: string }[] } = JSON.parse(
    text(`receiver-orchest/test/fixtures/${file}.json`),
  )
  return requests.map(({ headers, body }) => ({
    receiver: 'orchest',
    path: '/orchest/webhook',
    headers: {
      'x-orchest-event': headers['X-Orchest-Event'] ?? '',
      'content-type': headers['Content-Type'] ?? 'application/json',
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  }))
}

const invictus = (file: string): string => text(`receiver-invictus/test/fixtures/${file}.json`)
/** The same flow with other ids, so that it is another one. */
const otherFlow = (body: string): string =>
  body.replaceAll('edbd5ddb-b206-4437-8ac3-5401b148c8cb', 'a1b2c3d4-b206-4437-8ac3-5401b148c8cb')

/** The message of the provider's document. */
export const command =
  '{\n"rID" : "2021-03-13 00:32:04.942046#UP57RxE",\n"operation" : "categoriesInfo",\n"__headers__": {\n"trace-id": "c0a8017f6f2c4d98bd70a35c90f1f01",\n"span-id": "7b9a3d3c4e2f1a90"\n}\n}'
/** What the integrator answers. */
export const commandAnswer = '{ "rID":"2021-03-13 00:32:04.942046#UP57RxE",\n "categories" : [ ] , "z":1.0}'

const cloudEvent = {
  specversion: '1.0',
  id: '123e4567-e89b-12d3-a456-426614174000',
  source: 'https://github.com/cloudevents',
  type: 'com.github.pull_request.opened',
  subject: 'mynewfile.jpg',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01',
  data: { number: 1 },
}
const structured = { 'content-type': 'application/cloudevents+json' }

const times = ['endTimeUnixNano', 'startTimeUnixNano']
/** The front end names no event, and so the relay does. */
const relayMade = ['attributes.orchest.event.uuid', ...times, 'spanId', 'traceId']
/** Deliveries make ids of when they came, so that a repeated one is another one. */
const idsAndTimes = ['endTimeUnixNano', 'parentSpanId', 'spanId', 'startTimeUnixNano']

export const seedExamples: readonly SeedExample[] = [
  {
    name: 'Invictus: a flow that started and completed',
    input: [{ receiver: 'invictus', body: invictus('01-minimal-pair') }],
    spans: 1,
    clockMade: [],
  },
  {
    name: 'Invictus: an execution tree with properties, mappings and Azure resources',
    input: [{ receiver: 'invictus', body: otherFlow(invictus('02-tree-properties')) }],
    spans: 2,
    clockMade: [],
  },
  {
    name: 'Invictus: a flow that failed',
    input: [
      {
        receiver: 'invictus',
        body: invictus('03-failed').replaceAll(
          'edbd5ddb-b206-4437-8ac3-5401b148c8cb',
          'b1b2c3d4-b206-4437-8ac3-5401b148c8cb',
        ),
      },
    ],
    spans: 1,
    clockMade: [],
  },
  {
    name: 'Invictus: the flow over an event hub',
    input: [
      {
        receiver: 'invictus/hub',
        transport: 'event_hub',
        body: invictus('01-minimal-pair').replaceAll(
          'edbd5ddb-b206-4437-8ac3-5401b148c8cb',
          'c1b2c3d4-b206-4437-8ac3-5401b148c8cb',
        ),
      },
    ],
    spans: 1,
    clockMade: [],
  },
  {
    name: 'WebSocket: a command through a bridge',
    input: [{ receiver: 'websocket/bridge', body: command }],
    spans: 3,
    // It is there only if the command had to wait.
    clockMade: ['attributes.spanloom.queue_ms', ...idsAndTimes],
  },
  {
    name: 'WebSocket: a command and its callback through a tap',
    input: [
      { receiver: 'websocket/tap', transport: 'websocket', path: '/restaurantEntryPoint', body: command },
      {
        receiver: 'websocket/tap',
        path: '/callback/categoriesInfo',
        headers: { 'trace-id': 'c0a8017f6f2c4d98bd70a35c90f1f01' },
        body: commandAnswer,
      },
    ],
    spans: 2,
    clockMade: idsAndTimes,
  },
  {
    name: 'ValueStream: an issue of GitHub',
    input: week('/github', 107, 115),
    spans: 1,
    clockMade: [],
  },
  {
    name: 'ValueStream: a pull request of GitHub, its build and its deployment by Jenkins',
    input: [...week('/github', 9, 45), ...week('/jenkins', 46, 47, 48, 49)],
    spans: 5,
    clockMade: [],
  },
  {
    name: 'ValueStream: a build of GitHub Actions',
    input: week('/github', 10, 11, 12, 14, 16, 20),
    spans: 6,
    clockMade: [],
  },
  {
    name: 'ValueStream: a deployment of GitHub',
    input: week('/github', 200, 201, 202),
    spans: 2,
    clockMade: [],
  },
  {
    name: 'ValueStream: an issue of GitLab',
    input: [valueStream('/gitlab', 'gitlab/issue/opened'), valueStream('/gitlab', 'gitlab/issue/closed')],
    spans: 1,
    clockMade: [],
  },
  {
    name: 'ValueStream: a merge request of GitLab',
    input: [
      valueStream('/gitlab', 'gitlab/pull_request/opened'),
      valueStream('/gitlab', 'gitlab/pull_request/closed'),
    ],
    spans: 1,
    clockMade: [],
  },
  {
    name: 'ValueStream: a pipeline of GitLab',
    input: [
      valueStream('/gitlab', 'gitlab/pipeline/pending'),
      valueStream('/gitlab', 'gitlab/pipeline/success'),
    ],
    spans: 7,
    clockMade: [],
  },
  {
    name: 'ValueStream: an issue of Jira on a kanban board',
    input: week('/jira', 3, 4, 7, 8, 15, 55),
    spans: 4,
    clockMade: [],
  },
  {
    name: 'ValueStream: a sprint of Jira',
    input: week('/jira', 0, 222),
    spans: 1,
    clockMade: [],
  },
  {
    name: 'ValueStream: a custom event over HTTP',
    input: [
      valueStream('/customhttp', 'customhttp/start'),
      {
        receiver: 'valuestream',
        path: '/customhttp',
        body: JSON.stringify({ id: '1', action: 'end', error: false, namespace: 'myproj', type: 'deploy' }),
      },
    ],
    spans: 1,
    clockMade: times,
  },
  {
    name: 'CloudEvents: the event of the conventions is processed',
    input: [{ receiver: 'cloudevents', headers: structured, body: JSON.stringify(cloudEvent) }],
    spans: 1,
    clockMade: times,
  },
  {
    name: 'CloudEvents: an event in binary mode',
    input: [
      {
        receiver: 'cloudevents',
        headers: {
          'ce-specversion': '1.0',
          'ce-id': '0001',
          'ce-source': '/cloudevents/spec/pull/123',
          'ce-type': 'com.example.object.deleted.v2',
          'ce-traceparent': '00-1af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01',
        },
        body: '{"total":12}',
      },
    ],
    spans: 1,
    clockMade: times,
  },
  {
    name: 'CloudEvents: an event is created and relayed',
    input: [
      {
        receiver: 'cloudevents/relay',
        headers: structured,
        body: JSON.stringify({ ...cloudEvent, id: '0002', traceparent: undefined }),
      },
    ],
    spans: 2,
    clockMade: ['endTimeUnixNano', 'spanId', 'startTimeUnixNano'],
  },
  {
    name: 'CloudEvents: an event of an event hub',
    input: [
      {
        receiver: 'cloudevents/hub',
        transport: 'event_hub',
        headers: structured,
        body: JSON.stringify({ ...cloudEvent, id: '0003' }),
      },
    ],
    spans: 1,
    clockMade: times,
  },
  {
    name: 'Orchest: an event of the front-end client',
    input: [
      {
        receiver: 'orchest',
        path: '/analytics',
        body: JSON.stringify({ event: 'project:created', properties: { hello: 'world' } }),
      },
    ],
    spans: 1,
    clockMade: relayMade,
  },
  {
    name: 'Orchest: a heartbeat of the web server',
    input: [
      {
        receiver: 'orchest',
        path: '/analytics',
        body: JSON.stringify({ event: 'heartbeat-trigger', properties: { active: true } }),
      },
    ],
    spans: 1,
    clockMade: relayMade,
  },
  {
    name: 'Orchest: a job and its pipeline runs',
    input: orchestWebhook('02-one-off-job-succeeded'),
    spans: 5,
    clockMade: [],
  },
]
