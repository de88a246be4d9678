import { describe, expect, it } from 'vitest'

import { defaultTranslationOptions } from '../src/translate.ts'
import { created, github, repository, updated } from './github-payloads.ts'
import { type Asked, fragmentOf, fragmentsOf, nanos, type Payload, reasonOf } from './translation.ts'

const run = (action: string, more: Payload = {}): Payload => ({
  action,
  repository,
  workflow_run: {
    id: 14_460_881_260,
    run_attempt: 13,
    name: '',
    path: '.github/workflows/ci.yml@main',
    run_started_at: created,
    updated_at: updated,
    head_branch: 'cards',
    html_url: 'https://github.com/acme/Web_Shop/actions/runs/1',
    pull_requests: [{ id: 900, number: 7, base: { repo: { name: 'Web_Shop' } } }],
    ...more,
  },
})
const join = { github: { ...defaultTranslationOptions.github, traceMode: 'join' as const } }

describe('a workflow run', () => {
  it('is the root of its own trace, linked to its pull request and the attempt before', () => {
    const fragment = fragmentOf('github', run('completed', { conclusion: 'failure' }), github('workflow_run'))
    expect(fragment).toMatchObject({
      traceId: '731ec8a47fd7450f753a812a4a8aa5a0',
      spanId: 'aba151af7cfbcf0f',
      parentSpanId: '',
      kind: 'SERVER',
      startTimeUnixNano: nanos(created),
      endTimeUnixNano: nanos(updated),
      status: { code: 'ERROR', message: 'failure' },
      attributes: {
        'cicd.pipeline.name': 'ci.yml',
        'cicd.pipeline.result': 'failure',
        'error.type': 'failure',
        'vs.ci.attempt': 13,
        'vcs.change.id': '7',
        'vs.parent.span.id': 'vstrace-github-pull_request-Web_Shop-900',
      },
      links: [
        { attributes: { 'spanloom.link.reason': 'reference' } },
        {
          attributes: {
            'spanloom.link.reason': 'previous_attempt',
            'spanloom.link.key': 'vstrace-github-pipeline-Web_Shop-14460881260-12',
          },
        },
      ],
    })
    expect(fragment.attributes['spanloom.parent.key']).toBeUndefined()
    expect(fragment.attributes['spanloom.assumed']).toBeUndefined()
  })

  it('can join the trace of its pull request', () => {
    const fragment = fragmentOf('github', run('requested'), { name: 'workflow_run', options: join })
    expect(fragment.attributes['spanloom.parent.key']).toBe('vstrace-github-pull_request-Web_Shop-900')
    expect(fragment.spanId).toBe('aba151af7cfbcf0f')
    expect(fragment.traceId).not.toBe('731ec8a47fd7450f753a812a4a8aa5a0')
  })

  it('has a start that in_progress repeats after it', () => {
    const requested = fragmentOf('github', run('requested'), github('workflow_run'))
    const running = fragmentOf('github', run('in_progress'), github('workflow_run'))
    expect(running.startTimeUnixNano).toBe(requested.startTimeUnixNano)
    expect([requested, running].map(({ attributes }) => attributes['spanloom.rank'])).toEqual([undefined, 5])
  })

  it.each([
    ['success', 'success', 'UNSET'],
    ['startup_failure', 'failure', 'ERROR'],
    ['timed_out', 'timeout', 'ERROR'],
    ['cancelled', 'cancellation', 'UNSET'],
    ['skipped', 'skip', 'UNSET'],
    ['neutral', 'neutral', 'UNSET'],
    ['stale', 'error', 'UNSET'],
  ])('that is concluded as %s has the result %s', (conclusion, result, code) => {
    expect(fragmentOf('github', run('completed', { conclusion }), github('workflow_run'))).toMatchObject({
      attributes: { 'cicd.pipeline.result': result },
      status: { code },
    })
  })

  it('that is cancelled can be an error', () => {
    const options = { github: { ...defaultTranslationOptions.github, cancelledIsError: true } }
    const asked: Asked = { name: 'workflow_run', options }
    expect(fragmentOf('github', run('completed', { conclusion: 'cancelled' }), asked)).toMatchObject({
      status: { code: 'ERROR', message: 'cancelled' },
      attributes: { 'error.type': 'cancellation' },
    })
  })

  it('of a fork has no parent', () => {
    const { links } = fragmentOf(
      'github',
      run('requested', { pull_requests: [], run_attempt: 1 }),
      github('workflow_run'),
    )
    expect(links).toEqual([])
  })

  it('names a pull request of another repository by that one', () => {
    const base = { repo: { name: 'Hello', url: 'https://api.github.com/repos/octo/Hello' } }
    const other = run('requested', { pull_requests: [{ id: 1, base }] })
    const asked: Asked = { name: 'workflow_run', options: { idScope: 'full' } }
    expect(fragmentOf('github', other, asked).attributes['vs.parent.span.id']).toBe(
      'vstrace-github-pull_request-github.com/octo/Hello-1',
    )
  })
})

const job = (action: string, more: Payload = {}): Payload => ({
  action,
  repository,
  workflow_job: {
    id: 40_685_651_258,
    run_id: 14_460_881_260,
    run_attempt: 13,
    name: 'test (1.23)',
    workflow_name: 'CI',
    created_at: created,
    started_at: '2026-01-05T09:00:30Z',
    completed_at: '2026-01-05T09:05:00Z',
    conclusion: 'failure',
    runner_id: 0,
    labels: ['ubuntu'],
    steps: [
      { name: 'Set up job', number: 1, started_at: created, completed_at: created, conclusion: 'success' },
      { name: 'Run', number: 2, started_at: created, completed_at: created, conclusion: 'failure' },
      { name: 'Run', number: 3, started_at: created, completed_at: created, conclusion: 'skipped' },
      { name: 'Later', number: 4, started_at: null, completed_at: null, conclusion: null },
    ],
    ...more,
  },
})

describe('a workflow job', () => {
  it('brings its queue and its steps when it ends', () => {
    const [self, queue, ...steps] = fragmentsOf('github', job('completed'), github('workflow_job'))
    expect(self).toMatchObject({
      traceId: '731ec8a47fd7450f753a812a4a8aa5a0',
      spanId: '2b09b38c69b64a9c',
      parentSpanId: 'aba151af7cfbcf0f',
      attributes: {
        'spanloom.parent.key': 'vstrace-github-pipeline-Web_Shop-14460881260-13',
        'vs.ci.queue_duration': { double: 30 },
        'cicd.pipeline.task.run.result': 'failure',
        'vs.worker.labels': ['ubuntu'],
      },
    })
    expect(self?.attributes['cicd.worker.id']).toBeUndefined()
    expect(queue).toMatchObject({
      name: 'queue-test (1.23)',
      spanId: '79ff76cc79430e14',
      parentSpanId: '2b09b38c69b64a9c',
      attributes: {
        'spanloom.key': 'vstrace-github-build-Web_Shop-40685651258/queue',
        'vs.phase.name': 'queue',
      },
    })
    expect(
      steps.map(({ name, status, attributes }) => [name, status.code, attributes['spanloom.key']]),
    ).toEqual([
      ['Set up job', 'UNSET', 'vstrace-github-build-Web_Shop-40685651258/step/1'],
      ['Run', 'ERROR', 'vstrace-github-build-Web_Shop-40685651258/step/2'],
      ['Run-1', 'UNSET', 'vstrace-github-build-Web_Shop-40685651258/step/3'],
    ])
    expect(steps[0]?.spanId).toBe('d592338e114eb265')
  })

  it.each([
    ['queued', undefined],
    ['waiting', undefined],
    ['in_progress', 5],
  ])('%s starts it', (action, rank) => {
    const fragments = fragmentsOf('github', job(action), github('workflow_job'))
    expect(fragments).toHaveLength(1)
    expect(fragments[0]).toMatchObject({ startTimeUnixNano: nanos(created), endTimeUnixNano: '0' })
    expect(fragments[0]?.attributes['spanloom.rank']).toBe(rank)
  })

  it('tells what it deploys', () => {
    const deploying = { ...job('completed'), deployment: { id: 77, environment: 'production' } }
    expect(fragmentOf('github', deploying, github('workflow_job')).attributes).toMatchObject({
      'cicd.pipeline.task.type': 'deploy',
      'deployment.id': '77',
      'deployment.environment.name': 'production',
    })
  })

  it.each([
    ['events', ['build', 'build', 'Set up job', 'Run', 'Run-1']],
    ['off', ['build', 'Set up job', 'Run', 'Run-1']],
  ] as const)('can have its queue as %s', (phases, names) => {
    const fragments = fragmentsOf('github', job('completed'), { name: 'workflow_job', options: { phases } })
    expect(fragments.map(({ name }) => name)).toEqual(names)
    expect(fragments.flatMap(({ events }) => events.map(({ name }) => name))).toEqual(
      phases === 'events' ? ['phase.queue'] : [],
    )
  })
})

const deployment = {
  id: 55,
  environment: 'production',
  production_environment: true,
  ref: 'refs/heads/main',
  sha: 'abc',
  created_at: created,
}
const status = (state: string, more: Payload = {}): Payload => ({
  action: 'created',
  repository,
  deployment,
  deployment_status: { state, created_at: updated },
  ...more,
})

describe('a deployment', () => {
  it('starts when it is created', () => {
    const started = { action: 'created', repository, deployment }
    expect(fragmentOf('github', started, github('deployment'))).toMatchObject({
      startTimeUnixNano: nanos(created),
      attributes: {
        'spanloom.profile': 'valuestream.rerun',
        'vs.deployment.tier': 'production',
        'vcs.ref.head.name': 'main',
        'vcs.ref.head.revision': 'abc',
      },
    })
    expect(reasonOf('github', { ...started, action: 'deleted' }, github('deployment'))).toBe('action')
  })

  it('enters a phase with each state', () => {
    const [self, phase] = fragmentsOf('github', status('in_progress'), github('deployment_status'))
    expect(self).toMatchObject({ startTimeUnixNano: nanos(created), attributes: { 'spanloom.rank': 5 } })
    expect(phase).toMatchObject({
      name: 'deploy in_progress',
      startTimeUnixNano: nanos(updated),
      attributes: {
        'spanloom.key': 'vstrace-github-deploy-Web_Shop-55/phase',
        'spanloom.profile': 'valuestream.phase',
      },
    })
  })

  it.each([
    ['success', 'succeeded', 'UNSET'],
    ['failure', 'failed', 'ERROR'],
    ['error', 'failed', 'ERROR'],
  ])('%s ends it and its phase', (state, result, code) => {
    const [self, closing] = fragmentsOf('github', status(state), github('deployment_status'))
    expect(self).toMatchObject({
      endTimeUnixNano: nanos(updated),
      attributes: { 'deployment.status': result },
      status: { code },
    })
    expect(closing).toMatchObject({
      endTimeUnixNano: nanos(updated),
      attributes: { 'spanloom.close': true, 'spanloom.key': 'vstrace-github-deploy-Web_Shop-55/phase' },
    })
  })

  it('is not changed by the one that replaces it', () => {
    expect(reasonOf('github', status('inactive'), github('deployment_status'))).toBe('action')
  })

  it.each([
    [{ workflow_run: { id: 1, run_attempt: 2 } }, 'vstrace-github-pipeline-Web_Shop-1-2'],
    [
      { deployment: { ...deployment, payload: { why: 'vstrace-github-issue-a-1' } } },
      'vstrace-github-issue-a-1',
    ],
    [
      { deployment: { ...deployment, payload: '{"why":"vstrace-github-issue-a-2"}' } },
      'vstrace-github-issue-a-2',
    ],
    [{ deployment: { ...deployment, ref: 'vstrace-github-issue-a-3' } }, 'vstrace-github-issue-a-3'],
    [{}, undefined],
  ])('%j has its parent', (more, parent) => {
    const { attributes } = fragmentOf('github', status('success', more), github('deployment_status'))
    expect(attributes['spanloom.parent.key']).toBe(parent)
  })
})

it('takes releases and foreign check runs only where they are asked for', () => {
  const release = {
    action: 'published',
    repository,
    release: { id: 3, tag_name: 'v1', published_at: created },
  }
  const check = {
    action: 'completed',
    repository,
    check_run: {
      id: 9,
      name: 'lint',
      conclusion: 'failure',
      started_at: created,
      completed_at: updated,
      app: { slug: 'circle' },
    },
  }
  const asked = { ...defaultTranslationOptions.github, releases: true, checkRuns: true }

  expect(reasonOf('github', release, github('release'))).toBe('unsupported_type')
  expect(reasonOf('github', check, github('check_run'))).toBe('unsupported_type')
  expect(fragmentOf('github', release, { name: 'release', options: { github: asked } })).toMatchObject({
    name: 'deploy',
    startTimeUnixNano: nanos(created),
    endTimeUnixNano: nanos(created),
    attributes: {
      'vs.span.id': 'vstrace-github-deploy-Web_Shop-release-3',
      'deployment.status': 'succeeded',
    },
  })
  expect(fragmentOf('github', check, { name: 'check_run', options: { github: asked } })).toMatchObject({
    name: 'build',
    status: { code: 'ERROR' },
  })
  const own = { ...check, check_run: { ...check.check_run, app: { slug: 'github-actions' } } }
  expect(reasonOf('github', own, { name: 'check_run', options: { github: asked } })).toBe('unsupported_type')
})
