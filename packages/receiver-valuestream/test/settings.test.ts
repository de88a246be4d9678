import { ConfigError } from '@spanloom/core'
import { createComponent, testHost, testTelemetry } from '@spanloom/core/testing'
import { profiles, valuestreamReceiver } from '@spanloom/receiver-valuestream'
import { describe, expect, it } from 'vitest'

import { deliveryIn } from './fixtures.ts'
import { everySource, running } from './running.ts'

const create = (config: Readonly<Record<string, unknown>>): unknown =>
  createComponent(valuestreamReceiver, config)

describe('the settings', () => {
  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['no source', {}],
    ['no source', { sources: {} }],
    ['an unknown source', { sources: { bitbucket: {} } }],
    ['an unknown setting', { sources: { github: { token: 'a' } } }],
    ['an empty secret', { sources: { github: { secret: '' } } }],
    ['one path for two', { sources: { github: { path: '/x' }, gitlab: { path: '/x/' } } }],
    ['the path of the health check', { sources: { github: { path: '/health' } } }],
    ['a pattern that is none', { sources: { jenkins: { deploy_job_pattern: '(' } } }],
    ['a service name of another kind', { sources: { github: {} }, service_name: 'mine' }],
    ['everybody as sender', { endpoint: '0.0.0.0:5000', sources: { github: {} } }],
    ['everybody as sender', { endpoint: ':5000', sources: { gitlab: { token: 'a' }, customhttp: {} } }],
    ['everybody as sender', { endpoint: '127.0.0.1.example.com:5000', sources: { github: {} } }],
  ])('do not allow %s', (_what, config) => {
    expect(() => create(config)).toThrow(ConfigError)
  })

  it.each<Readonly<Record<string, unknown>>>([
    { sources: { github: null } },
    { endpoint: 'localhost:5000', sources: { github: {} } },
    { endpoint: '[::1]:5000', sources: { github: {} } },
    { endpoint: '/run/spanloom.sock', transport: 'unix', sources: { github: {} } },
    { endpoint: '0.0.0.0:5000', sources: { github: { secret: 'a' }, gitlab: { signing_token: 'b' } } },
    {
      endpoint: '0.0.0.0:5000',
      sources: { jira: { token: 'a' }, customhttp: { allow_unauthenticated: true } },
    },
    { endpoint: '0.0.0.0:5000', auth: { authenticator: 'basicauth' }, sources: { github: {} } },
    { service_name: 'fixed:All of it', sources: { jenkins: {} } },
  ])('allow %j', (config) => {
    expect(() => create(config)).not.toThrow()
  })

  it('bring the profiles of the fragments', () => {
    expect(valuestreamReceiver.profiles).toBe(profiles)
    expect(profiles['valuestream.rerun']).toMatchObject({
      end: 'last',
      onRestart: 'merge',
      idleTimeoutMs: 2_592_000_000,
    })
    expect(profiles['valuestream.phase']).toMatchObject({
      onRestart: 'close',
      late: 'drop',
      rerunLink: false,
    })
  })
})

it('warns of every source that takes deliveries from anybody', async () => {
  const telemetry = testTelemetry()
  const sources = { github: { secret: 'a' }, gitlab: {}, customhttp: { allow_unauthenticated: true } }
  const receiver = createComponent(valuestreamReceiver, { endpoint: '127.0.0.1:0', sources }, { telemetry })

  await receiver.start(testHost())
  await receiver.shutdown(AbortSignal.timeout(2_000))

  const warned = telemetry.logger.lines
    .filter(({ level }) => level === 'warn')
    .map(({ fields }) => fields['source'])
  expect(warned).toEqual(['gitlab', 'customhttp'])
})

describe('a delivery that comes twice', () => {
  const issue = deliveryIn('github/issue/opened.json')
  const merge = deliveryIn('gitlab/pull_request/opened.json')
  const twice = async (
    settings: Readonly<Record<string, unknown>>,
    path: string,
    payload: unknown,
    ...headers: readonly Readonly<Record<string, string>>[]
  ): Promise<readonly number[]> => {
    const { post } = await running(everySource, settings)
    const statuses: number[] = []
    for (const each of headers)
      statuses.push((await post(path, payload, { 'x-github-event': 'issues', ...each })).status)
    return statuses
  }

  it('is known by the id that its source gives it', async () => {
    const id = (name: string, value: string): Readonly<Record<string, string>> => ({ [name]: value })
    const github = id('x-github-delivery', 'a')
    expect(
      await twice({}, '/github', issue.payload, github, github, id('x-github-delivery', 'b'), {}, {}),
    ).toEqual([200, 202, 200, 200, 200])
    const gitlab = id('idempotency-key', 'a')
    expect(await twice({}, '/gitlab', merge.payload, gitlab, gitlab, id('webhook-id', 'a'), {}, {})).toEqual([
      200, 202, 202, 200, 202,
    ])
  })

  it('is known among the last ones only', async () => {
    const ids = ['a', 'b', 'a', 'c', 'b', 'a'].map((value) => ({ 'x-github-delivery': value }))
    expect(await twice({ duplicate_cache_size: 2 }, '/github', issue.payload, ...ids)).toEqual([
      200, 200, 202, 200, 200, 200,
    ])
    expect(await twice({ duplicate_cache_size: 0 }, '/github', issue.payload, ...ids.slice(0, 3))).toEqual([
      200, 200, 200,
    ])
  })

  it('is two of our own events', async () => {
    const event = { id: '1', action: 'start', type: 'deploy' }
    expect(await twice({}, '/customhttp', event, {}, {})).toEqual([200, 200])
  })
})
