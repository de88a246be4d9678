import { describe, expect, it } from 'vitest'

import { defaultTranslationOptions } from '../src/translate.ts'
import { fragmentOf, fragmentsOf, nanos, type Payload, reasonOf } from './translation.ts'

const begun = Date.parse('2026-01-05T09:00:00Z')
const record = (more: Payload): Payload => ({ jobName: 'main', fullJobName: 'shop/main', number: 4, ...more })
const start = (more: Payload = {}): Payload => record({ result: 'INPROGRESS', startTime: begun, ...more })
const end = (more: Payload = {}): Payload =>
  // What the plugin really sends at the end: its defaults for everything that it does not know.
  record({
    result: 'SUCCESS',
    endTime: begun + 60_000,
    duration: 60_000,
    startTime: begun + 60_001,
    queueTime: 0,
    contextId: 0,
    parameters: {},
    buildCause: '',
    ...more,
  })

describe('a build', () => {
  it('starts at its start time, with the time in the queue before', () => {
    const [build, queue] = fragmentsOf('jenkins', start({ queueTime: 5_000 }))
    expect(build).toMatchObject({
      kind: 'SERVER',
      startTimeUnixNano: nanos('2026-01-05T09:00:00Z'),
      endTimeUnixNano: '0',
    })
    expect(queue).toMatchObject({
      name: 'build queue',
      startTimeUnixNano: nanos('2026-01-05T08:59:55Z'),
      endTimeUnixNano: nanos('2026-01-05T09:00:00Z'),
    })
  })

  it('ends with a start that is only assumed', () => {
    const fragments = fragmentsOf('jenkins', end())
    expect(fragments).toHaveLength(1)
    expect(fragments[0]).toMatchObject({
      startTimeUnixNano: nanos('2026-01-05T09:00:00Z'),
      endTimeUnixNano: nanos('2026-01-05T09:01:00Z'),
      attributes: {
        'spanloom.assumed': ['start', 'vs.operation.name', 'vs.span.id'],
        'vs.ci.duration': { double: 60 },
        'cicd.pipeline.result': 'success',
      },
    })
    expect(Object.keys(fragments[0]?.attributes ?? {})).not.toContain('build.context_id')
  })

  it('ends without a start where no duration is told', () => {
    expect(fragmentOf('jenkins', end({ duration: 0 }))).toMatchObject({
      startTimeUnixNano: '0',
      attributes: { 'spanloom.assumed': ['vs.operation.name', 'vs.span.id'] },
    })
  })

  it.each([
    ['FAILURE', 'failure', 'failure'],
    ['UNSTABLE', 'failure', 'failure'],
    ['ABORTED', 'cancellation', 'cancellation'],
    ['NOT_BUILT', 'skip', 'error'],
    ['UNKNOWN', 'error', 'error'],
  ])('%s is an error', (result, told, type) => {
    expect(fragmentOf('jenkins', end({ result }))).toMatchObject({
      status: { code: 'ERROR', message: result },
      attributes: { 'cicd.pipeline.result': told, 'error.type': type, error: true },
    })
  })

  it('that was aborted may be none', () => {
    const options = { jenkins: { ...defaultTranslationOptions.jenkins, cancelledIsError: false } }
    expect(fragmentOf('jenkins', end({ result: 'ABORTED' }), { options }).status.code).toBe('UNSET')
  })

  it.each([
    { queueId: 5 },
    record({ result: '' }),
    record({ result: 'SUCCESS', number: 0 }),
    record({ result: 'SUCCESS', jobName: null }),
  ])('is not what %j is about', (payload) => {
    expect(reasonOf('jenkins', payload)).toBe('not_a_build')
  })

  it('has the id of its full name by default, and the short one as alias', () => {
    const ids = (idScope: 'full' | 'name'): unknown => {
      const { attributes } = fragmentOf('jenkins', start(), { options: { idScope } })
      return [attributes['vs.span.id'], attributes['spanloom.alias']]
    }
    expect(ids('full')).toEqual(['vstrace-jenkins-build-shop/main-4', ['vstrace-jenkins-build-main-4']])
    expect(ids('name')).toEqual(['vstrace-jenkins-build-main-4', ['vstrace-jenkins-build-shop/main-4']])
  })
})

describe('a deploy', () => {
  it('by a parameter has the key that its end will have', () => {
    const begin = fragmentOf('jenkins', start({ parameters: { type: 'deploy' } }))
    const finish = fragmentOf('jenkins', end())

    expect(begin).toMatchObject({
      name: 'deploy',
      attributes: {
        'vs.operation.name': 'deploy',
        'vs.span.id': 'vstrace-jenkins-deploy-main-4',
        'spanloom.key': 'vstrace-jenkins-build-main-4',
        'spanloom.alias': ['vstrace-jenkins-deploy-main-4', 'vstrace-jenkins-deploy-shop/main-4'],
      },
    })
    expect(finish.attributes['spanloom.key']).toBe(begin.attributes['spanloom.key'])
    expect(begin.spanId).not.toBe(finish.spanId)
  })

  it('by the name of its job says so at its end, too', () => {
    const { attributes } = fragmentOf('jenkins', end({ jobName: 'deploy:shop', result: 'FAILURE' }))
    expect(attributes).toMatchObject({
      'vs.operation.name': 'deploy',
      'deployment.status': 'failed',
      'spanloom.assumed': ['start'],
    })
  })

  it('by a name of the settings', () => {
    const options = { jenkins: { ...defaultTranslationOptions.jenkins, deployJobPattern: /-prod$/ } }
    expect(fragmentOf('jenkins', start({ jobName: 'shop-prod' }), { options }).name).toBe('deploy')
  })
})

describe('what a build is part of', () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

  it.each([
    [
      { parameters: { 'vstrace-trace-id': 'vstrace-github-issue-shop-36-x' } },
      'vstrace-github-issue-shop-36-x',
    ],
    [{ parameters: { VSTRACE_TRACE_ID: 'vstrace-a-b' } }, 'vstrace-a-b'],
    [{ scmInfo: { branch: 'origin/vstrace-github-issue-shop-36-x' } }, 'vstrace-github-issue-shop-36'],
    [{ scmInfo: { branch: 'origin/main' } }, undefined],
    [{ parameters: {} }, undefined],
  ])('%j names it', (more, parent) => {
    expect(fragmentOf('jenkins', start(more)).attributes['spanloom.parent.key']).toBe(parent)
  })

  it.each(['traceparent', 'TRACEPARENT'])('can be a span, by %s', (name) => {
    const fragment = fragmentOf('jenkins', start({ parameters: { [name]: traceparent } }))
    expect(fragment).toMatchObject({
      traceId: traceparent.slice(3, 35),
      parentSpanId: traceparent.slice(36, 52),
    })
    expect(fragment.attributes['spanloom.parent.key']).toBeUndefined()
  })

  it('is not read from an end', () => {
    const { attributes, parentSpanId } = fragmentOf(
      'jenkins',
      end({ parameters: { VSTRACE_TRACE_ID: 'vstrace-a-b' } }),
    )
    expect([attributes['spanloom.parent.key'], parentSpanId]).toEqual([undefined, ''])
    expect(attributes['build.parameter.VSTRACE_TRACE_ID']).toBeUndefined()
  })
})

it('hides what is secret', () => {
  const parameters = { DB_PASSWORD: 'hunter2', api_key: 'hunter2', branch: 'main', __proto__: null }
  const scmInfo = { url: 'https://me:hunter2@git.example.com/acme/shop.git', branch: 'main' }
  const { attributes, resource } = fragmentOf('jenkins', start({ parameters, scmInfo }))

  expect(JSON.stringify([attributes, resource])).not.toContain('hunter2')
  expect(attributes).toMatchObject({
    'build.parameter.DB_PASSWORD': '***',
    'build.parameter.branch': 'main',
    'vcs.repository.name': 'shop',
    'vcs.owner.name': 'acme',
    'vcs.repository.url.full': 'https://git.example.com/acme/shop',
  })
})

it('names who started a build only where that is asked for', () => {
  const by = start({ startedUserName: 'Mia', startedUserId: 'mia' })
  expect(fragmentOf('jenkins', by).attributes['build.started.user.name']).toBeUndefined()
  expect(fragmentOf('jenkins', by, { options: { includeUserAttributes: true } }).attributes).toMatchObject({
    'build.started.user.name': 'Mia',
    'user.name': 'Mia',
  })
})

it('knows why a build failed', () => {
  const causes = [{ name: 'Flaky test', description: 'x' }, { name: null }]
  expect(
    fragmentOf('jenkins', end({ result: 'FAILURE', buildFailureCauses: causes })).attributes,
  ).toMatchObject({
    'build.failure_causes': ['Flaky test'],
  })
})
