import { describe, expect, it } from 'vitest'

import { defaultTranslationOptions } from '../src/translate.ts'
import { fragmentOf, fragmentsOf, nanos, type Payload, reasonOf } from './translation.ts'

const project = {
  id: 1,
  name: 'My Shop',
  web_url: 'https://gitlab.example.com/acme/web/my-shop',
  path_with_namespace: 'acme/web/my-shop',
}
const created = '2026-01-05 09:00:00 UTC'
const updated = '2026-01-06T10:00:00Z'
const { gitlab } = defaultTranslationOptions

const request = (attributes: Payload, more: Payload = {}): Payload => ({
  object_kind: 'merge_request',
  project,
  object_attributes: { iid: 3, created_at: created, updated_at: updated, state: 'opened', ...attributes },
  ...more,
})

describe('a merge request', () => {
  it.each([
    [{ action: 'merge', state: 'merged', merge_commit_sha: 'fff' }, 'merged', 'fff'],
    [{ state: 'merged', merge_commit_sha: 'fff' }, 'merged', 'fff'],
    [{ action: 'close', state: 'closed', merge_commit_sha: null }, 'closed', undefined],
  ])('%j ends it', (attributes, state, revision) => {
    const fragment = fragmentOf('gitlab', request(attributes))
    expect(fragment).toMatchObject({
      startTimeUnixNano: nanos('2026-01-05T09:00:00Z'),
      endTimeUnixNano: nanos(updated),
      attributes: { 'vcs.change.state': state, 'spanloom.assumed': ['start'] },
    })
    expect(fragment.attributes['vs.change.merge_revision']).toBe(revision)
  })

  it('is not restarted by an edit', () => {
    expect(fragmentOf('gitlab', request({ action: 'update' }))).toMatchObject({
      startTimeUnixNano: '0',
      endTimeUnixNano: '0',
      events: [{ name: 'update' }],
    })
    expect(fragmentOf('gitlab', request({ state: 'locked' })).events).toMatchObject([{ name: 'locked' }])
  })

  it('starts again when it is reopened', () => {
    expect(fragmentOf('gitlab', request({ action: 'reopen' }))).toMatchObject({
      startTimeUnixNano: nanos(updated),
      attributes: { 'vs.reopened': true },
    })
  })

  it.each([
    [{ draft: true }, 'wip'],
    [{ work_in_progress: true }, 'wip'],
    [{}, 'open'],
  ])('%j is %s', (attributes, state) => {
    expect(
      fragmentOf('gitlab', request({ action: 'open', ...attributes })).attributes['vcs.change.state'],
    ).toBe(state)
  })

  it('has its parent by its description, then its branch, then its title', () => {
    const texts = {
      title: 'vstrace-jiracloud-issue-A-3',
      source_branch: 'vstrace-jiracloud-issue-A-2',
      description: 'vstrace-jiracloud-issue-A-1',
    }
    const parent = (attributes: Payload): unknown =>
      fragmentOf('gitlab', request({ action: 'open', ...attributes })).attributes['spanloom.parent.key']
    expect(parent(texts)).toBe('vstrace-jiracloud-issue-A-1')
    expect(parent({ ...texts, description: null })).toBe('vstrace-jiracloud-issue-A-2')
    expect(parent({ title: texts.title })).toBe('vstrace-jiracloud-issue-A-3')
  })

  it('has a full id that a job can compute, and the short one as alias', () => {
    expect(fragmentOf('gitlab', request({ action: 'open' }), { options: { idScope: 'full' } })).toMatchObject(
      {
        attributes: {
          'vs.span.id': 'vstrace-gitlab-pull_request-gitlab.example.com/acme/web/my-shop-3',
          'spanloom.alias': ['vstrace-gitlab-pull_request-My Shop-3'],
          'vcs.owner.name': 'acme/web',
        },
        resource: { 'service.name': 'my shop' },
      },
    )
  })

  it('is told of comments, as an issue is', () => {
    const note = {
      object_kind: 'note',
      project,
      object_attributes: { noteable_type: 'MergeRequest', created_at: created },
    }
    expect(fragmentOf('gitlab', { ...note, merge_request: { iid: 3 } })).toMatchObject({
      attributes: { 'spanloom.key': 'vstrace-gitlab-pull_request-My Shop-3' },
      events: [{ name: 'comment', timeUnixNano: nanos('2026-01-05T09:00:00Z') }],
    })
    const onIssue = {
      ...note,
      object_attributes: { noteable_type: 'Issue', created_at: created },
      issue: { iid: 4 },
    }
    expect(fragmentOf('gitlab', onIssue).attributes['spanloom.key']).toBe('vstrace-gitlab-issue-My Shop-4')
    const onSnippet = { ...note, object_attributes: { noteable_type: 'Snippet' } }
    expect(reasonOf('gitlab', onSnippet)).toBe('unsupported_type')
  })
})

const pipeline = (attributes: Payload, more: Payload = {}): Payload => ({
  object_kind: 'pipeline',
  project,
  object_attributes: { id: 5, created_at: created, ref: 'main', tag: false, ...attributes },
  builds: [
    {
      id: 6,
      status: 'failed',
      stage: 'test',
      created_at: created,
      started_at: '2026-01-05 09:01:00 UTC',
      finished_at: '2026-01-05 09:04:00 UTC',
      failure_reason: 'script_failure',
    },
    { id: 7, status: 'skipped', created_at: created, started_at: null, finished_at: null },
  ],
  ...more,
})

describe('a pipeline', () => {
  it.each(['created', 'waiting_for_resource', 'preparing', 'pending', 'scheduled', 'manual'])(
    '%s starts it',
    (status) => {
      expect(fragmentOf('gitlab', pipeline({ status }))).toMatchObject({
        startTimeUnixNano: nanos('2026-01-05T09:00:00Z'),
        endTimeUnixNano: '0',
      })
    },
  )

  it('that runs says its start again', () => {
    expect(fragmentOf('gitlab', pipeline({ status: 'running' })).attributes['spanloom.rank']).toBe(5)
  })

  it('that failed brings its phases and the jobs that ran', () => {
    const fragments = fragmentsOf('gitlab', pipeline({ status: 'failed' }))
    expect(fragments.map(({ name, status }) => [name, status.code])).toEqual([
      ['pipeline', 'ERROR'],
      ['pipeline queue', 'UNSET'],
      ['pipeline running', 'UNSET'],
      ['build', 'ERROR'],
      ['build queue', 'UNSET'],
    ])
    expect(fragments[0]).toMatchObject({
      endTimeUnixNano: nanos('2026-01-05T09:04:00Z'),
      attributes: { 'error.type': 'failure', 'vs.ci.queue_duration': { double: 60 } },
    })
    expect(fragments[3]).toMatchObject({
      attributes: { 'error.type': 'script_failure', 'spanloom.rank': 15 },
    })
  })

  it.each([
    ['canceled', true, 'ERROR'],
    ['canceled', false, 'UNSET'],
    ['skipped', true, 'UNSET'],
  ])('that is %s has its status by the settings (%s)', (status, cancelledIsError, code) => {
    const options = { gitlab: { ...gitlab, cancelledIsError } }
    expect(fragmentOf('gitlab', pipeline({ status }), { options }).status.code).toBe(code)
  })

  it.each([
    [
      { merge_request: { iid: 3 }, source_pipeline: { pipeline_id: 9 } },
      'vstrace-gitlab-pull_request-My Shop-3',
    ],
    [
      { source_pipeline: { pipeline_id: 9, project: { path_with_namespace: 'acme/lib' } } },
      'vstrace-gitlab-build-lib-9',
    ],
    [{ source_pipeline: { pipeline_id: 9 } }, 'gitlab:pipeline:9'],
    [{}, undefined],
  ])('%j has its parent', (more, parent) => {
    const { attributes } = fragmentOf('gitlab', pipeline({ status: 'pending' }, more))
    expect(attributes['spanloom.parent.key']).toBe(parent)
  })

  it('can be the root of its own trace', () => {
    const options = { gitlab: { ...gitlab, traceMode: 'own' as const } }
    const fragment = fragmentOf('gitlab', pipeline({ status: 'pending' }, { merge_request: { iid: 3 } }), {
      options,
    })
    expect(fragment).toMatchObject({
      parentSpanId: '',
      links: [{ attributes: { 'spanloom.link.reason': 'reference' } }],
    })
  })
})

const job = (attributes: Payload): Payload => ({
  object_kind: 'build',
  project,
  build_id: 6,
  build_name: 'test',
  build_created_at: created,
  build_started_at: null,
  build_finished_at: null,
  pipeline_id: 5,
  project_name: 'Acme / My Shop',
  ...attributes,
})

describe('a job', () => {
  it('has one key in its own hook and in its pipeline', () => {
    const [, , , inPipeline] = fragmentsOf('gitlab', pipeline({ status: 'failed' }))
    const own = fragmentOf('gitlab', job({ build_status: 'failed', build_finished_at: updated }))
    expect(own.attributes['spanloom.key']).toBe(inPipeline?.attributes['spanloom.key'])
    expect([own.traceId, own.spanId]).toEqual([inPipeline?.traceId, inPipeline?.spanId])
    expect(own.attributes['spanloom.alias']).toEqual(['vstrace-gitlab-build-Acme / My Shop-6'])
  })

  it('prefers the times with ISO in their names', () => {
    const times = { build_created_at: 'soon', build_created_at_iso: '2026-01-05T09:00:00.500Z' }
    expect(fragmentOf('gitlab', job({ build_status: 'pending', ...times })).startTimeUnixNano).toBe(
      nanos('2026-01-05T09:00:00.500Z'),
    )
  })

  it('that was skipped may have no times', () => {
    expect(fragmentOf('gitlab', job({ build_status: 'skipped' }))).toMatchObject({
      startTimeUnixNano: nanos('2026-01-05T09:00:00Z'),
      endTimeUnixNano: nanos('2026-01-05T09:00:00Z'),
      status: { code: 'UNSET' },
    })
    expect(reasonOf('gitlab', job({ build_status: 'skipped', build_created_at: null }))).toBe('no_time')
  })

  it.each([
    ['script_failure', 'script_failure'],
    ['unknown_failure', 'failure'],
    [null, 'failure'],
  ])('that failed with %s says why, if that is known', (reason, type) => {
    const failed = { build_status: 'failed', build_finished_at: updated, build_failure_reason: reason }
    expect(fragmentOf('gitlab', job(failed)).attributes['error.type']).toBe(type)
  })

  it('keeps other statuses as events', () => {
    expect(fragmentOf('gitlab', job({ build_status: 'manual' })).events).toMatchObject([{ name: 'manual' }])
  })

  it.each([
    ['pipeline', 'build', 'unsupported_type', 5],
    ['job_hook', 'build', undefined, 3],
    ['auto', 'build', undefined, 5],
  ] as const)('comes from where %s says', (jobsFrom, _kind, reason, count) => {
    const options = { gitlab: { ...gitlab, jobsFrom } }
    expect(reasonOf('gitlab', job({ build_status: 'pending' }), { options })).toBe(reason)
    expect(fragmentsOf('gitlab', pipeline({ status: 'failed' }), { options })).toHaveLength(count)
  })
})

describe('a deployment', () => {
  const deployment = (status: string): Payload => ({
    object_kind: 'deployment',
    project,
    status,
    deployment_id: 8,
    deployable_id: 6,
    environment: 'live',
    environment_tier: 'production',
    status_changed_at: '2021-04-28 21:50:00 +0200',
    short_sha: '279484c0',
    commit_url:
      'https://gitlab.example.com/acme/web/my-shop/-/commit/279484c09fbe69ededfced8c1bb6e6d24616b468',
  })

  it('starts and ends at its own times', () => {
    const time = nanos('2021-04-28T19:50:00Z')
    expect(fragmentOf('gitlab', deployment('running'))).toMatchObject({
      startTimeUnixNano: time,
      endTimeUnixNano: '0',
      attributes: {
        'spanloom.parent.key': 'vstrace-gitlab-job-My Shop-6',
        'spanloom.profile': 'valuestream',
      },
    })
    expect(fragmentOf('gitlab', deployment('failed'))).toMatchObject({
      startTimeUnixNano: '0',
      endTimeUnixNano: time,
      status: { code: 'ERROR', message: 'failed' },
      attributes: {
        'deployment.status': 'failed',
        'vs.deployment.tier': 'production',
        'vcs.ref.head.revision': '279484c09fbe69ededfced8c1bb6e6d24616b468',
      },
    })
    expect(fragmentOf('gitlab', deployment('blocked')).events).toMatchObject([{ name: 'blocked' }])
  })
})

it('takes releases only where they are asked for', () => {
  const release = {
    object_kind: 'release',
    project,
    id: 2,
    action: 'create',
    tag: 'v1',
    released_at: created,
  }
  const options = { gitlab: { ...gitlab, releases: true } }

  expect(reasonOf('gitlab', release)).toBe('unsupported_type')
  expect(reasonOf('gitlab', { ...release, action: 'update' }, { options })).toBe('action')
  expect(fragmentOf('gitlab', release, { options }).attributes['vs.span.id']).toBe(
    'vstrace-gitlab-deploy-My Shop-release-2',
  )
})

it('goes by the header where the body does not say what it is', () => {
  const { object_kind: kind, ...body } = request({ action: 'open' })
  expect(kind).toBe('merge_request')
  expect(fragmentOf('gitlab', body, { name: 'Merge Request Hook' }).name).toBe('pull_request')
  expect(reasonOf('gitlab', body, { name: 'Emoji Hook' })).toBe('unsupported_type')
})
