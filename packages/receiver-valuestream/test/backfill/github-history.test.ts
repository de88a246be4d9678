import { describe, expect, it } from 'vitest'

import { decodeToken, encodeToken, githubHistory } from '../../src/backfill/index.ts'
import { startApi } from './api-server.ts'
import { inShort, liveSpans, march, readHistory } from './read-history.ts'

const repository = {
  id: 7,
  name: 'shop',
  full_name: 'acme/shop',
  private: true,
  html_url: 'https://github.com/acme/shop',
  url: 'https://api.github.com/repos/acme/shop',
  owner: { login: 'acme' },
}
const base = '/repos/acme/shop'

const issue = (number: number, closed_at: string | null, more: object = {}) => ({
  id: 9_000 + number,
  number,
  title: 'Cart forgets its coupon',
  state: closed_at === null ? 'open' : 'closed',
  created_at: '2026-03-01T09:00:00Z',
  updated_at: closed_at ?? '2026-03-03T09:00:00Z',
  closed_at,
  labels: [{ name: 'bug' }],
  user: { id: 1, login: 'someone' },
  ...more,
})
const pull = (number: number, updated_at: string, merged_at: string | null) => ({
  id: 70_000 + number,
  number,
  title: 'Keep the coupon',
  state: 'closed',
  created_at: '2026-03-02T10:00:00Z',
  updated_at,
  closed_at: merged_at ?? updated_at,
  merged_at,
  merge_commit_sha: 'ab12'.repeat(10),
  head: { ref: 'vstrace-github-issue-shop-1', sha: 'cd34'.repeat(10) },
  base: { ref: 'main', sha: 'ef56'.repeat(10), repo: repository },
})
const run = (id: number, updated_at: string, run_attempt = 1) => ({
  id,
  name: 'ci',
  path: '.github/workflows/ci.yml',
  run_attempt,
  event: 'push',
  status: 'completed',
  conclusion: 'success',
  head_branch: 'main',
  head_sha: 'ab12'.repeat(10),
  created_at: '2026-03-03T12:00:00Z',
  run_started_at: '2026-03-03T12:00:10Z',
  updated_at,
  pull_requests: [],
})
const job = (id: number, run_id: number, run_attempt = 1) => ({
  id,
  run_id,
  run_attempt,
  name: 'test',
  status: 'completed',
  conclusion: 'success',
  created_at: '2026-03-03T12:00:12Z',
  started_at: '2026-03-03T12:00:20Z',
  completed_at: '2026-03-03T12:03:00Z',
  steps: [
    {
      name: 'Check out',
      number: 1,
      conclusion: 'success',
      started_at: '2026-03-03T12:00:21Z',
      completed_at: '2026-03-03T12:00:24Z',
    },
  ],
})
const deployment = {
  id: 500,
  sha: 'ab12'.repeat(10),
  ref: 'main',
  task: 'deploy',
  environment: 'production',
  production_environment: true,
  created_at: '2026-03-03T12:05:00Z',
  updated_at: '2026-03-03T12:09:00Z',
}
const states = (state: string, created_at: string) => ({
  id: 1,
  state,
  created_at,
  environment: 'production',
  log_url: 'https://github.com/acme/shop/actions/runs/31/job/41',
})

const pages = {
  [base]: repository,
  [`${base}/issues`]: [
    [
      issue(1, '2026-03-04T10:00:00Z'),
      issue(2, null),
      issue(3, '2026-03-04T09:00:00Z', { pull_request: {} }),
    ],
    [issue(4, '2026-02-20T10:00:00Z'), issue(5, '2026-03-02T00:00:00Z')],
  ],
  [`${base}/pulls`]: [
    [pull(3, '2026-03-10T10:00:00Z', '2026-03-03T11:00:00Z'), pull(6, '2026-03-04T10:00:00Z', null)],
    [pull(7, '2026-02-01T10:00:00Z', '2026-02-01T10:00:00Z')],
    [pull(8, '2026-01-01T10:00:00Z', '2026-01-01T10:00:00Z')],
  ],
  [`${base}/actions/runs`]: {
    total_count: 2,
    workflow_runs: [run(31, '2026-03-03T12:10:00Z', 2), run(30, '2026-03-09T00:00:00Z')],
  },
  [`${base}/actions/runs/31/attempts/1`]: { ...run(31, '2026-03-03T12:04:00Z', 1), conclusion: 'failure' },
  [`${base}/actions/runs/31/attempts/1/jobs`]: { jobs: [job(40, 31, 1)] },
  [`${base}/actions/runs/31/attempts/2/jobs`]: {
    jobs: [job(41, 31, 2), { id: 42, run_id: 31, completed_at: null }],
  },
  [`${base}/actions/jobs/41`]: job(41, 31, 2),
  [`${base}/deployments`]: [[deployment, { ...deployment, id: 501, updated_at: '2026-02-01T00:00:00Z' }]],
  [`${base}/deployments/500/statuses`]: [
    [states('success', '2026-03-03T12:09:00Z'), states('in_progress', '2026-03-03T12:06:00Z')],
  ],
}

const historyOf = (client: Parameters<typeof githubHistory>[0]['client']) =>
  githubHistory({ client, repositories: ['acme/shop'], range: march })

const delivered = (name: string, payload: object) =>
  ({ source: 'github', event: { name, payload: { repository, ...payload } } }) as const

const run2 = { deployment, workflow_run: { id: 31, run_attempt: 2 } }

/** What the webhooks of the same things become. */
const live = liveSpans(
  delivered('issues', { action: 'closed', issue: issue(1, '2026-03-04T10:00:00Z') }),
  delivered('issues', { action: 'closed', issue: issue(5, '2026-03-02T00:00:00Z') }),
  delivered('pull_request', {
    action: 'closed',
    pull_request: { ...pull(3, '2026-03-03T11:00:00Z', '2026-03-03T11:00:00Z'), merged: true },
  }),
  delivered('pull_request', { action: 'closed', pull_request: pull(6, '2026-03-04T10:00:00Z', null) }),
  delivered('workflow_run', { action: 'completed', workflow_run: run(31, '2026-03-03T12:04:00Z', 1) }),
  delivered('workflow_job', { action: 'completed', workflow_job: job(40, 31, 1) }),
  delivered('workflow_run', { action: 'completed', workflow_run: run(31, '2026-03-03T12:10:00Z', 2) }),
  delivered('workflow_job', { action: 'completed', workflow_job: job(41, 31, 2) }),
  delivered('deployment', { action: 'created', ...run2 }),
  delivered('deployment_status', {
    action: 'created',
    deployment_status: states('in_progress', '2026-03-03T12:06:00Z'),
    ...run2,
  }),
  delivered('deployment_status', {
    action: 'created',
    deployment_status: states('success', '2026-03-03T12:09:00Z'),
    ...run2,
  }),
).toSorted()

describe('the history of a GitHub repository', () => {
  it('gives the spans that webhooks gave, of what ended in the time', async () => {
    await using api = await startApi(pages)
    const { spans, progress } = await readHistory(api, historyOf)

    expect(spans.map(inShort).toSorted()).toEqual(live)
    expect(progress).toMatchObject({ streams: 4, streamsDone: 4, unreadable: 0, ignored: 0 })
    // The list of pull requests has no lower end of its own: it is left at the first page that is too old.
    expect(api.requests.some(({ path }) => path.startsWith(`${base}/pulls`) && path.includes('page=3'))).toBe(
      false,
    )
    expect(api.requests.filter(({ path }) => path === base)).toHaveLength(1)
  })

  it('gives the same when the API fails now and then', async () => {
    await using api = await startApi(pages)
    api.faults.push(
      { status: 429, headers: { 'retry-after': '1' } },
      { status: 502 },
      'truncated',
      'reset',
      'half a body',
      { status: 403, body: 'You have exceeded a secondary rate limit' },
    )
    const { spans } = await readHistory(api, historyOf)
    expect(spans.map(inShort).toSorted()).toEqual(live)
  })

  it('can be gone on with wherever it was interrupted', async () => {
    await using api = await startApi(pages)
    const { positions } = await readHistory(api, historyOf)
    expect(positions.length).toBeGreaterThan(4)
    const nothing = await readHistory(api, historyOf, { from: positions.at(-1) ?? { done: [] } })
    expect(nothing.spans).toEqual([])
    for (let stopAfter = 1; stopAfter <= positions.length; stopAfter++) {
      const first = await readHistory(api, historyOf, { stopAfter })
      const from = first.positions.at(-1) ?? { done: [] }
      const scope = { source: 'github', api: api.url, names: ['acme/shop'], ...march }
      const asked = api.requests.length
      const second = await readHistory(api, historyOf, { from: decodeToken(encodeToken({ scope, ...from })) })
      const repeated = api.requests.slice(asked).filter(({ path }) => path.startsWith(`${base}/issues`))
      expect(repeated.every(({ path }) => path.includes('page=2'))).toBe(true)
      const both = new Set([...first.spans, ...second.spans].map(inShort))
      expect([...both].toSorted()).toEqual([...new Set(live)].toSorted())
    }
  })

  it('asks for what a list of runs leaves out after its thousandth', async () => {
    const asked: string[] = []
    await using api = await startApi((url) => {
      if (url.pathname === base) return { body: repository }
      if (!url.pathname.endsWith('/actions/runs')) return { body: [] }
      const created = url.searchParams.get('created') ?? ''
      asked.push(`${created} ${url.searchParams.get('page') ?? '1'}`)
      const old = created.endsWith('2026-02-20T00:00:00Z')
      const page = Number(url.searchParams.get('page') ?? '1')
      const next = new URL(url)
      next.searchParams.set('page', String(page + 1))
      return {
        body: {
          workflow_runs: old
            ? []
            : [{ ...run(page, '2025-01-01T00:00:00Z'), created_at: '2026-02-20T00:00:00Z' }],
        },
        ...(old || page === 10 ? {} : { headers: { link: `<${next.pathname}${next.search}>; rel="next"` } }),
      }
    })
    await readHistory(api, historyOf)
    expect(asked).toHaveLength(11)
    expect(asked[0]).toBe('2026-01-26T00:00:00Z..2026-03-09T00:00:00Z 1')
    expect(asked[10]).toBe('2026-01-26T00:00:00Z..2026-02-20T00:00:00Z 1')
  })

  it('leaves out and counts what cannot be read', async () => {
    await using api = await startApi({
      ...pages,
      [`${base}/issues`]: [[{ ...issue(1, '2026-03-04T10:00:00Z'), number: null }, 'nonsense', null, 7]],
      [`${base}/deployments`]: [[{ id: null }, null]],
    })
    const { progress } = await readHistory(api, historyOf)
    expect(progress).toMatchObject({ unreadable: 1, streamsDone: 4 })
  })
})
