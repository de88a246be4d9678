import { expect, it } from 'vitest'

import { gitlabHistory } from '../../src/backfill/index.ts'
import { startApi } from './api-server.ts'
import { inShort, liveSpans, march, readHistory } from './read-history.ts'

const base = '/projects/acme%2Fshop'
const project = {
  id: 12,
  name: 'Shop',
  path_with_namespace: 'acme/shop',
  web_url: 'https://gitlab.example.com/acme/shop',
}
const issue = {
  id: 900,
  iid: 5,
  title: 'Prices without tax',
  description: 'Seen on the start page.',
  state: 'closed',
  created_at: '2026-03-02T08:00:00.000Z',
  updated_at: '2026-03-05T08:00:00.000Z',
  closed_at: '2026-03-04T08:00:00.000Z',
}
const request = {
  id: 300,
  iid: 9,
  title: 'Show the tax',
  description: 'vstrace-gitlab-issue-Shop-5',
  state: 'merged',
  source_branch: 'tax',
  target_branch: 'main',
  created_at: '2026-03-02T09:00:00.000Z',
  updated_at: '2026-03-03T10:00:00.000Z',
  merged_at: '2026-03-03T10:00:00.000Z',
  merge_commit_sha: 'ab'.repeat(20),
  sha: 'cd'.repeat(20),
}
const pipeline = {
  id: 77,
  iid: 3,
  ref: 'refs/merge-requests/9/head',
  sha: 'cd'.repeat(20),
  tag: false,
  status: 'failed',
  source: 'merge_request_event',
  created_at: '2026-03-03T09:00:00.000Z',
  updated_at: '2026-03-03T09:05:00.000Z',
  finished_at: '2026-03-03T09:05:00.000Z',
}
const job = {
  id: 1_001,
  name: 'unit',
  stage: 'test',
  status: 'failed',
  created_at: '2026-03-03T09:00:01.000Z',
  started_at: '2026-03-03T09:00:10.000Z',
  finished_at: '2026-03-03T09:04:59.000Z',
  queued_duration: 9,
}
const deployment = {
  id: 60,
  ref: 'main',
  sha: 'ab'.repeat(20),
  status: 'success',
  created_at: '2026-03-03T10:05:00.000Z',
  updated_at: '2026-03-03T10:08:00.000Z',
  environment: { name: 'production', tier: 'production' },
  deployable: {
    id: 1_005,
    started_at: '2026-03-03T10:05:10.000Z',
    finished_at: '2026-03-03T10:08:00.000Z',
    web_url: 'https://gitlab.example.com/acme/shop/-/jobs/1005',
  },
}

const pages = {
  [base]: {
    ...project,
    namespace: { name: 'acme' },
    ssh_url_to_repo: 'git@gitlab.example.com:acme/shop.git',
    visibility: 'private',
  },
  [`${base}/issues`]: [
    [{ ...issue, web_url: 'https://gitlab.example.com/acme/shop/-/issues/5', labels: ['bug'] }],
    [{ ...issue, iid: 6, closed_at: '2026-02-01T00:00:00Z' }],
  ],
  [`${base}/merge_requests`]: [[request, { ...request, iid: 10, state: 'opened', merged_at: null }]],
  [`${base}/pipelines`]: [
    [
      { id: 77, status: 'failed' },
      { id: 78, status: 'running' },
    ],
  ],
  [`${base}/pipelines/77`]: pipeline,
  [`${base}/pipelines/77/jobs`]: [
    [job],
    [{ id: 1_002, name: 'deploy', status: 'skipped', started_at: null, finished_at: null }],
  ],
  [`${base}/deployments`]: [[deployment, { ...deployment, id: 61, status: 'running' }]],
}

const hook = (payload: object) =>
  ({ source: 'gitlab', event: { name: '', payload: { project, ...payload } } }) as const
const shared = {
  object_kind: 'deployment',
  deployment_id: 60,
  deployable_id: 1_005,
  environment: 'production',
  environment_tier: 'production',
}

it('reads the history of a GitLab project as the spans that webhooks gave', async () => {
  await using api = await startApi(pages)
  api.faults.push({ status: 429, headers: { 'retry-after': '3' } }, { status: 503 })
  const { spans, progress } = await readHistory(api, (client) =>
    gitlabHistory({ client, projects: ['acme/shop'], range: march }),
  )

  expect(spans.map(inShort).toSorted()).toEqual(
    liveSpans(
      hook({ object_kind: 'issue', object_attributes: { ...issue, action: 'close' } }),
      hook({
        object_kind: 'merge_request',
        object_attributes: { ...request, action: 'merge', last_commit: { id: request.sha } },
      }),
      hook({
        object_kind: 'pipeline',
        object_attributes: pipeline,
        merge_request: { iid: 9 },
        builds: [job],
      }),
      hook({ ...shared, status: 'running', status_changed_at: '2026-03-03T10:05:10.000Z' }),
      hook({ ...shared, status: 'success', status_changed_at: '2026-03-03T10:08:00.000Z' }),
    ).toSorted(),
  )
  expect(progress).toMatchObject({ streams: 4, streamsDone: 4, unreadable: 0 })
  const merged = spans.find((span) => span.attribute('vs.operation.name') === 'pull_request')
  expect(merged?.attribute('vs.change.merge_revision')).toBe(request.merge_commit_sha)
  expect(merged?.attribute('vs.parent.span.id')).toBe('vstrace-gitlab-issue-Shop-5')
  const deployed = spans.findLast((span) => span.attribute('vs.operation.name') === 'deploy')
  expect(deployed?.attribute('vcs.ref.head.revision')).toBe(deployment.sha)
})
