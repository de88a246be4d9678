import { TracesBuilder } from '@spanloom/core'
import {
  createComponent,
  fakeClock,
  type PlainSpan,
  seededRandom,
  testHost,
  toPlain,
  TracesSink,
} from '@spanloom/core/testing'
import { spanAssemblyProcessor } from '@spanloom/processor-assembly'
import {
  createTranslations,
  defaultTranslationOptions,
  profiles,
  type Source,
} from '@spanloom/receiver-valuestream'
import { describe, expect, it } from 'vitest'

type Payload = Readonly<Record<string, unknown>>

interface Delivery {
  readonly source: Source
  readonly name?: string
  readonly payload: Payload
}

const translations = createTranslations({ ...defaultTranslationOptions, inferParents: ['jira_keys'] })

/** The spans of deliveries, in the order of their arrival, when all timers have expired. */
async function spansOf(deliveries: readonly Delivery[]): Promise<readonly PlainSpan[]> {
  const next = new TracesSink()
  const clock = fakeClock(Date.UTC(2026, 1, 1))
  const assembly = createComponent(
    spanAssemblyProcessor,
    {},
    { next, clock, profiles: new Map(Object.entries(profiles)) },
  )
  await assembly.start(testHost())
  for (const { source, name = '', payload } of deliveries) {
    const builder = new TracesBuilder()
    for (const fragment of translations[source]({ name, payload }, { arrivalTime: 1n }).fragments)
      builder.add(fragment)
    await assembly.consumeTraces(builder.build(), { signal: AbortSignal.timeout(5_000) })
  }
  await assembly.flush()
  await assembly.shutdown(AbortSignal.timeout(5_000))
  return next.spans.map(toPlain).toSorted((a, b) => a.spanId.localeCompare(b.spanId))
}

/** What a person reads of spans: name, minutes of start and end after the first, parent. */
function lines(spans: readonly PlainSpan[]): readonly string[] {
  const names = new Map(spans.map(({ spanId, name }) => [spanId, name]))
  const minute = (time = '0'): number => Number((BigInt(time) - first) / 60_000_000_000n)
  return spans
    .toSorted((a, b) => Number(BigInt(a.startTimeUnixNano ?? 0) - BigInt(b.startTimeUnixNano ?? 0)))
    .map(({ name, startTimeUnixNano, endTimeUnixNano, parentSpanId = '', status }) => {
      const under = names.get(parentSpanId)
      const failed = status?.code === 'ERROR' ? ' failed' : ''
      return `${minute(startTimeUnixNano)}-${minute(endTimeUnixNano)} ${name}${failed}${under === undefined ? '' : ` < ${under}`}`
    })
    .toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10) || a.localeCompare(b))
}

const begin = Date.UTC(2026, 0, 5, 9)
const first = BigInt(begin) * 1_000_000n
const at = (minute: number): string => new Date(begin + minute * 60_000).toISOString()

const repository = { name: 'shop', full_name: 'acme/shop', html_url: 'https://github.com/acme/shop' }
const github = (name: string, payload: Payload): Delivery => ({
  source: 'github',
  name,
  payload: { repository, ...payload },
})
const issue = (action: string, minute: number, closed?: number): Delivery =>
  github('issues', {
    action,
    issue: {
      number: 1,
      created_at: at(0),
      updated_at: at(minute),
      closed_at: closed === undefined ? null : at(closed),
    },
  })

const card = (minute: number, from: string, to: string, category = 'indeterminate'): Delivery => ({
  source: 'jiracloud',
  payload: {
    webhookEvent: 'jira:issue_updated',
    issue_event_type_name: 'issue_generic',
    timestamp: begin + minute * 60_000,
    issue: {
      key: 'SHOP-1',
      fields: { created: at(0), status: { name: to, statusCategory: { key: category } } },
    },
    changelog: { items: [{ field: 'status', fromString: from, toString: to }] },
  },
})

const pull = (action: string, merged?: number): Delivery =>
  github('pull_request', {
    action,
    pull_request: {
      id: 900,
      number: 7,
      head: { ref: 'SHOP-1-cards' },
      created_at: at(10),
      updated_at: at(merged ?? 10),
      merged_at: merged === undefined ? null : at(merged),
      closed_at: merged === undefined ? null : at(merged),
    },
  })

const jenkins = (payload: Payload): Delivery => ({
  source: 'jenkins',
  payload: { jobName: 'shop', fullJobName: 'acme/shop', number: 4, ...payload },
})
const deployBegin = jenkins({
  result: 'INPROGRESS',
  startTime: begin + 60 * 60_000,
  parameters: { type: 'deploy', 'vstrace-trace-id': 'vstrace-github-pull_request-shop-7' },
})
const deployEnd = jenkins({
  result: 'FAILURE',
  endTime: begin + 65 * 60_000,
  duration: 290_000,
  startTime: begin + 66 * 60_000,
  parameters: {},
})

const run = (action: string, conclusion?: string): Delivery =>
  github('workflow_run', {
    action,
    workflow_run: {
      id: 5,
      run_attempt: 1,
      name: 'CI',
      run_started_at: at(20),
      updated_at: at(action === 'completed' ? 30 : 20),
      conclusion,
      pull_requests: [{ id: 900, base: { repo: { name: 'shop' } } }],
    },
  })
const job = (action: string): Delivery =>
  github('workflow_job', {
    action,
    workflow_job: {
      id: 6,
      run_id: 5,
      run_attempt: 1,
      name: 'test',
      created_at: at(20),
      started_at: at(21),
      completed_at: action === 'completed' ? at(29) : null,
      conclusion: action === 'completed' ? 'failure' : null,
      steps: [{ name: 'Run', number: 1, started_at: at(22), completed_at: at(28), conclusion: 'failure' }],
    },
  })
const deployed = (state: string, minute: number): Delivery =>
  github('deployment_status', {
    action: 'created',
    deployment: { id: 8, created_at: at(23), environment: 'production' },
    deployment_status: { state, created_at: at(minute) },
    workflow_run: { id: 5, run_attempt: 1 },
  })

const pipeline = (status: string, finished?: number): Delivery => ({
  source: 'gitlab',
  payload: {
    object_kind: 'pipeline',
    project: { name: 'shop', web_url: 'https://gitlab.com/acme/shop', path_with_namespace: 'acme/shop' },
    object_attributes: {
      id: 5,
      status,
      created_at: at(0),
      finished_at: finished === undefined ? null : at(finished),
    },
    builds:
      finished === undefined
        ? []
        : [{ id: 6, name: 'test', status, created_at: at(0), started_at: at(1), finished_at: at(finished) }],
  },
})
const hook = (status: string, finished?: number): Delivery => ({
  source: 'gitlab',
  payload: {
    object_kind: 'build',
    project: { name: 'shop', web_url: 'https://gitlab.com/acme/shop', path_with_namespace: 'acme/shop' },
    build_id: 6,
    build_name: 'test',
    build_status: status,
    build_created_at: at(0),
    build_started_at: status === 'created' ? null : at(1),
    build_finished_at: finished === undefined ? null : at(finished),
    pipeline_id: 5,
  },
})

interface Life {
  readonly name: string
  readonly deliveries: readonly Delivery[]
  readonly spans: readonly string[]
}

const lives: readonly Life[] = [
  {
    name: 'an issue that is reopened is two spans',
    deliveries: [
      issue('opened', 0),
      issue('labeled', 5),
      issue('closed', 10, 10),
      issue('reopened', 20),
      issue('closed', 30, 30),
    ],
    spans: ['0-10 issue', '20-30 issue'],
  },
  {
    name: 'an issue that is deleted is closed, and makes nothing if it was',
    deliveries: [issue('opened', 0), issue('closed', 10, 10), issue('deleted', 40, 10)],
    spans: ['0-10 issue'],
  },
  {
    name: 'an issue that is deleted while it is open ends',
    deliveries: [issue('opened', 0), issue('deleted', 40)],
    spans: ['0-40 issue'],
  },
  {
    name: 'a card walks over the board and back',
    deliveries: [
      card(5, 'To Do', 'In Progress'),
      card(20, 'In Progress', 'Review'),
      card(30, 'Review', 'Done', 'done'),
      card(40, 'Done', 'In Progress'),
      card(50, 'In Progress', 'Backlog', 'new'),
    ],
    spans: [
      '5-20 issue In Progress < issue',
      '5-30 issue',
      '20-30 issue Review < issue',
      '40-50 issue',
      '40-50 issue In Progress < issue',
    ],
  },
  {
    name: 'a Jenkins deploy by parameter ends although its end does not know what it is',
    deliveries: [deployBegin, deployEnd],
    spans: ['60-65 deploy failed'],
  },
  {
    name: 'a GitHub run with its job and its deployment is one tree',
    deliveries: [
      run('requested'),
      job('queued'),
      job('in_progress'),
      deployed('in_progress', 24),
      deployed('success', 27),
      job('completed'),
      run('completed', 'failure'),
    ],
    spans: [
      '20-21 queue-test < build',
      '20-29 build failed < pipeline',
      '20-30 pipeline failed',
      '22-28 Run failed < build',
      '23-27 deploy < pipeline',
      '24-27 deploy in_progress < deploy',
    ],
  },
  {
    name: 'a GitLab job that both hooks tell of is one span',
    deliveries: [
      pipeline('pending'),
      hook('created'),
      hook('running'),
      hook('success', 9),
      pipeline('running'),
      pipeline('success', 9),
    ],
    spans: [
      '0-1 build queue < build',
      '0-1 pipeline queue < pipeline',
      '0-9 build < pipeline',
      '0-9 pipeline',
      '1-9 pipeline running < pipeline',
    ],
  },
  {
    name: 'a GitLab pipeline that is retried has the result of the second try',
    deliveries: [pipeline('pending'), pipeline('failed', 9), pipeline('running'), pipeline('success', 20)],
    spans: [
      '0-1 build queue < build',
      '0-1 pipeline queue < pipeline',
      '0-20 pipeline',
      '0-9 build failed < pipeline',
      '1-20 pipeline running < pipeline',
    ],
  },
  {
    name: 'from the card over the pull request to the deploy it is one trace',
    deliveries: [
      card(5, 'To Do', 'In Progress'),
      pull('opened'),
      pull('closed', 50),
      deployBegin,
      deployEnd,
      card(70, 'In Progress', 'Done', 'done'),
    ],
    spans: [
      '5-70 issue',
      '5-70 issue In Progress < issue',
      '10-50 pull_request < issue',
      '60-65 deploy failed < pull_request',
    ],
  },
]

function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  return items
    .map((item) => ({ item, order: random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ item }) => item)
}

describe.each(lives)('$name', ({ deliveries, spans }) => {
  it('in the order of time', async () => {
    expect(lines(await spansOf(deliveries))).toEqual(spans)
  })

  it('in any order, with everything twice', async () => {
    const expected = await spansOf(deliveries)
    for (let seed = 1; seed <= 100; seed += 1) {
      const random = seededRandom(seed)
      const mixed = shuffled(seed % 2 === 0 ? deliveries : [...deliveries, ...deliveries], random)
      expect(await spansOf(mixed), `seed ${seed}`).toEqual(expected)
    }
  })
})

it('gives one trace to what belongs together', async () => {
  const spans = await spansOf(lives.at(-1)?.deliveries ?? [])
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1)
})

it('needs only the end of a pull request, a run and a build', async () => {
  expect(lines(await spansOf([pull('closed', 50), run('completed', 'success'), deployEnd]))).toEqual([
    '10-50 pull_request',
    '20-30 pipeline',
    '60-65 build failed',
  ])
})
