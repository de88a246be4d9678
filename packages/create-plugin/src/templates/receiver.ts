import type { PluginNames } from '../plugin-names.ts'
import type { KindFiles } from './kind-files.ts'

/** A receiver of steps that a system posts, one span for each. */
export function receiverFiles(names: PluginNames): KindFiles {
  return {
    does: 'steps of orders that a system posts become spans',
    files: {
      'src/index.ts': `export { ${names.factory} } from './receiver.ts'\n`,
      'src/receiver.ts': receiver(names),
      'src/settings.ts': settings,
      'src/translate.ts': translate(names),
      'test/contract.test.ts': contractTest(names),
      'test/receiver.test.ts': receiverTest(names),
      'test/translate.test.ts': translateTest,
      'test/fixtures/steps.json': stepsFixture,
      'test/fixtures/steps.expected.json': expectedFixture(names),
    },
    settings: settingsTable,
    shared:
      'It listens like every HTTP receiver and has all settings of one, such as `tls`, `auth`, `path` and `required_headers`.',
    pipeline: pipeline(names),
    readme: {
      tryIt,
      example: `receivers:\n  ${names.type}:\n    source: shop`,
      mapping: mapping(names),
      promises,
    },
  }
}

const receiver = ({ type, factory }: PluginNames): string => `import {
  defineReceiver,
  httpServerSettings,
  httpSource,
  type HttpSource,
  httpSourceSettings,
  nothing,
  type ReceiverFactory,
} from '@spanloom/core'

import { ownSettings } from './settings.ts'
import { toTraces } from './translate.ts'

/** Takes the steps of orders over HTTP. */
export const ${factory}: ReceiverFactory<HttpSource> = defineReceiver({
  type: '${type}',
  stability: 'development',
  description: 'Steps of orders, posted as JSON, become spans.',
  schema: {
    ...ownSettings,
    properties: { ...httpServerSettings, ...httpSourceSettings, ...ownSettings.properties },
  },
  create: (options) =>
    httpSource(options, async (request) => {
      const traces = toTraces(request.json(), options.config.source)
      if (traces.spanCount === 0) return nothing('no_steps')
      // What happens here is the answer to the sender: it hears of success only when the spans are safe.
      await options.next.consumeTraces(traces, request.context)
    }),
})
`

const settings = `/** What can be set, beside what every HTTP receiver has. Types, checks, defaults and the README follow from it. */
export const ownSettings = {
  type: 'object',
  properties: {
    endpoint: {
      type: 'string',
      format: 'endpoint',
      default: 'localhost:8080',
      description: 'Where to listen.',
    },
    source: {
      type: 'string',
      minLength: 1,
      description: 'Name of the system that posts; equal order numbers of two systems stay apart.',
    },
  },
  required: ['source'],
} as const
`

const settingsTable = `
| setting | type | default | meaning |
|---|---|---|---|
| \`endpoint\` | endpoint | \`"localhost:8080"\` | Where to listen. |
| \`source\` | text | required | Name of the system that posts; equal order numbers of two systems stay apart. |
`

const translate = ({ type }: PluginNames): string => `import { createHash } from 'node:crypto'

import { dataParser, span, Traces } from '@spanloom/core'

/** Refuses what does not fit, and says why. */
const parseSteps = dataParser({
  type: 'array',
  items: {
    type: 'object',
    properties: {
      id: { type: 'string', minLength: 1 },
      order: { type: 'string', minLength: 1 },
      step: { type: 'string', minLength: 1 },
      started: { type: 'string' },
      finished: { type: 'string' },
      error: { type: 'string' },
    },
    required: ['id', 'order', 'step', 'started', 'finished'],
  },
})

/**
 * One span for each step; all steps of an order share a trace. The ids are made of those of the source, so that a step
 * that is sent twice is the same span twice.
 */
export function toTraces(body: unknown, source: string): Traces {
  const spans = parseSteps(body).map(({ id, order, step, started, finished, error }) =>
    span({
      traceId: digest(\`\${source} \${order}\`, 32),
      spanId: digest(\`\${source} \${id}\`, 16),
      name: step,
      kind: 'INTERNAL',
      startTime: new Date(started),
      endTime: new Date(finished),
      attributes: { '${type}.order': order },
      resource: { 'service.name': source },
      ...(error === undefined ? {} : { status: { code: 'ERROR', message: error } }),
    }),
  )
  return Traces.of(spans)
}

const digest = (text: string, digits: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, digits)
`

const contractTest = ({
  factory,
}: PluginNames): string => `import { testReceiverContract } from '@spanloom/core/testing'

import { ${factory} } from '../src/index.ts'
import steps from './fixtures/steps.json' with { type: 'json' }

// What every receiver promises; a failure says how to mend it.
testReceiverContract(${factory}, {
  config: { endpoint: 'localhost:0', source: 'shop' },
  async send({ url }, event) {
    const body = JSON.stringify([{ ...steps[0], id: String(event) }])
    const { status } = await fetch(url ?? '', { method: 'POST', body })
    if (status === 200) return 'accepted'
    return status === 503 || status === 429 ? 'retry' : 'rejected'
  },
})
`

const receiverTest = ({
  factory,
}: PluginNames): string => `import { createComponent, testHost, TracesSink } from '@spanloom/core/testing'
import { expect, it } from 'vitest'

import { ${factory} } from '../src/index.ts'
import steps from './fixtures/steps.json' with { type: 'json' }

/** Posts a body to a running receiver. */
async function post(body: string): Promise<{ status: number; answer: unknown; spans: number }> {
  const next = new TracesSink()
  const receiver = createComponent(${factory}, { endpoint: 'localhost:0', source: 'shop' }, { next })
  await receiver.start(testHost())
  try {
    const response = await fetch(receiver.url ?? '', { method: 'POST', body })
    return { status: response.status, answer: await response.json(), spans: next.spanCount }
  } finally {
    await receiver.shutdown(AbortSignal.timeout(5_000))
  }
}

it('takes steps', async () => {
  expect(await post(JSON.stringify(steps))).toMatchObject({ status: 200, spans: 3 })
})

it('says that an empty list yields nothing', async () => {
  expect(await post('[]')).toMatchObject({ status: 202, answer: { reason: 'no_steps' }, spans: 0 })
})

it.each(['no json', '{}', '[{"id":1}]'])('refuses %s', async (body) => {
  expect(await post(body)).toMatchObject({ status: 400, spans: 0 })
})
`

const translateTest = `import { toPlain } from '@spanloom/core/testing'
import { expect, it } from 'vitest'

import { toTraces } from '../src/translate.ts'
import expected from './fixtures/steps.expected.json' with { type: 'json' }
import steps from './fixtures/steps.json' with { type: 'json' }

it('makes the expected spans of the fixture', () => {
  expect([...toTraces(steps, 'shop').spans()].map(toPlain)).toEqual(expected)
})

it('keeps equal order numbers of two systems apart', () => {
  const [ours] = toTraces(steps, 'shop').spans()
  const [theirs] = toTraces(steps, 'market').spans()

  expect(ours?.traceId).not.toBe(theirs?.traceId)
})

it.each([
  ['a step without id', [{ ...steps[0], id: undefined }], 'id'],
  ['a number for a text', [{ ...steps[0], order: 7 }], 'order'],
  ['no list', { steps }, 'expected'],
])('refuses %s and says why', (_, body, words) => {
  expect(() => toTraces(body, 'shop')).toThrow(words)
})
`

const stepsFixture = `[
  {
    "id": "s-1",
    "order": "A-1001",
    "step": "pick",
    "started": "2026-03-02T08:00:00Z",
    "finished": "2026-03-02T08:04:00Z"
  },
  {
    "id": "s-2",
    "order": "A-1001",
    "step": "pack",
    "started": "2026-03-02T08:10:00Z",
    "finished": "2026-03-02T08:11:30Z",
    "error": "The box is too small."
  },
  {
    "id": "s-3",
    "order": "A-1002",
    "step": "pick",
    "started": "2026-03-02T09:00:00Z",
    "finished": "2026-03-02T09:02:00Z"
  }
]
`

/** The expected spans, of which the two orders have one trace each. */
function expectedFixture({ type }: PluginNames): string {
  const spanOf = (
    [traceId, order]: readonly [string, string],
    [spanId, name]: readonly [string, string],
    [start, end]: readonly [string, string],
    status: object = { code: 'UNSET' },
  ): object => ({
    resource: { 'service.name': 'shop' },
    traceId,
    spanId,
    parentSpanId: '',
    name,
    kind: 'INTERNAL',
    startTimeUnixNano: `${start}000000`,
    endTimeUnixNano: `${end}000000`,
    status,
    attributes: { [`${type}.order`]: order },
    events: [],
    links: [],
  })
  const first = ['69f47e51603190f1c076a93b60e5e833', 'A-1001'] as const
  const second = ['87c6fbfe1f8f3235f18df4f51484b1ec', 'A-1002'] as const
  const spans = [
    spanOf(first, ['79db8a1c036801be', 'pick'], ['1772438400000', '1772438640000']),
    spanOf(first, ['d5bb4ffde3422467', 'pack'], ['1772439000000', '1772439090000'], {
      code: 'ERROR',
      message: 'The box is too small.',
    }),
    spanOf(second, ['54e2708885bfcfc8', 'pick'], ['1772442000000', '1772442120000']),
  ]
  return `${JSON.stringify(spans, undefined, 2)}\n`
}

const pipeline = ({
  type,
}: PluginNames): string => `# What \`npm run dev\` runs: the receiver from its sources, and spans on the terminal.
plugins:
  - ./src/index.ts
receivers:
  ${type}:
    endpoint: localhost:8080
    source: shop
exporters:
  debug:
    verbosity: tree
    use_internal_logger: false
service:
  pipelines:
    traces:
      receivers: [${type}]
      exporters: [debug]
  telemetry:
    metrics: { level: none }
`

const tryIt = `In another terminal, post the fixture:

\`\`\`sh
curl localhost:8080 -H 'content-type: application/json' -d @test/fixtures/steps.json
\`\`\``

const mapping = ({ type }: PluginNames): string => `| field of a step | becomes |
|---|---|
| \`id\` | span id, as a hash with \`source\` |
| \`order\` | trace id, as a hash with \`source\`; attribute \`${type}.order\` |
| \`step\` | name |
| \`started\`, \`finished\` | start and end; ISO 8601 |
| \`error\` | status ERROR with this message |
| the setting \`source\` | resource attribute \`service.name\` |`

const promises = `| status | when |
|---|---|
| 200 | the pipeline has taken all spans |
| 202 | the list is empty |
| 400 | the body cannot be used; the answer says why |
| 503 | the pipeline is busy or stops; send it again, with \`Retry-After\` |`
