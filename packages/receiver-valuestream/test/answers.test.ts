import { gzipSync } from 'node:zlib'

import { PermanentError, RetryableError } from '@spanloom/core'
import { request } from 'undici'
import { describe, expect, it } from 'vitest'

import { deliveryIn, expected } from './fixtures.ts'
import { everySource, running } from './running.ts'

const issue = deliveryIn('github/issue/opened.json')
const event = { id: '1', action: 'start', type: 'deploy', namespace: 'shop' }
const body = JSON.stringify(issue.payload)
const issues = { 'x-github-event': 'issues' }
const form = { ...issues, 'content-type': 'application/x-www-form-urlencoded' }

it('answers every fixture as expected', async () => {
  for (const { file, http, reason, fragments } of expected.files) {
    const { deliver, next } = await running(everySource, { id_scope: 'name' })

    const { status, json } = await deliver(file, deliveryIn(file))

    expect(status).toBe(http)
    expect(json).toEqual(reason === undefined ? { status: 'accepted' } : { status: 'ignored', reason })
    expect(next.spanCount).toBe(fragments.length)
  }
})

it('says that it is healthy', async () => {
  const { url } = await running()

  const answer = await request(new URL('/health', url))

  expect(answer.statusCode).toBe(200)
  expect(await answer.body.json()).toEqual({ status: 'ok' })
})

it.each([
  ['a ping', '/github', { zen: 'Design for failure.' }, { 'x-github-event': 'ping' }, 'unsupported_type'],
  ['a push', '/github', {}, { 'x-github-event': 'push' }, 'unsupported_type'],
  ['a push', '/gitlab', { object_kind: 'push' }, {}, 'unsupported_type'],
  ['a comment', '/jira', { webhookEvent: 'comment_created' }, {}, 'unsupported_type'],
  ['a checkout', '/jenkins', { url: 'u', branch: 'main' }, {}, 'not_a_build'],
  ['an empty list', '/customhttp', [], {}, 'action'],
])('takes %s at %s as nothing', async (_what, path, payload, headers, reason) => {
  const { post, next } = await running()

  expect(await post(path, payload, headers)).toMatchObject({
    status: 202,
    json: { status: 'ignored', reason },
  })
  expect(next.calls).toBe(0)
})

it.each([
  ['truncated JSON', '/github', body.slice(0, 5_000), issues],
  ['no JSON', '/jenkins', 'hello', {}],
  ['an empty body', '/jira', '', {}],
  ['a list of GitHub', '/github', `[${body}]`, issues],
  ['a number', '/gitlab', '5', {}],
  ['null', '/jira', 'null', {}],
  ['100,000 levels', '/customhttp', '['.repeat(100_000), {}],
  ['a form without payload', '/github', 'a=b', form],
  ['a form with broken JSON', '/github', 'payload=%7B', form],
  ['a form of nonsense', '/github', '%%%', form],
])('answers %s with 400', async (_what, path, sent, headers) => {
  const { post, next } = await running()

  const { status, json } = await post(path, sent, headers)

  expect(status).toBe(400)
  expect(json).toMatchObject({ error: expect.any(String) })
  expect(next.calls).toBe(0)
})

it.each([
  ['/github', { action: 'opened', repository: { name: 'shop' } }, issues, 'issue.number'],
  ['/github', { action: 'opened', issue: { number: 1 } }, issues, 'repository.name'],
  ['/github', { issue: { number: 1 }, repository: { name: 'shop' } }, issues, 'action'],
  ['/github', issue.payload, {}, 'X-GitHub-Event'],
  ['/gitlab', { object_kind: 'pipeline' }, {}, 'object_attributes.id'],
  ['/gitlab', {}, {}, 'object_kind'],
  ['/jira', {}, {}, 'webhookEvent'],
  ['/jira', { webhookEvent: 'jira:issue_created', issue: { key: 'A-1' } }, {}, 'issue.fields.status.name'],
  ['/customhttp', { ...event, id: '' }, {}, 'id'],
  ['/customhttp', [event, { ...event, type: null }], {}, '[1].type'],
])('tells a sender of %s what is missing', async (path, payload, headers, field) => {
  const { post, next } = await running()

  expect(await post(path, payload, headers)).toMatchObject({ status: 400, json: { field } })
  expect(next.calls).toBe(0)
})

it('says that an issue is no pull request by name, not by crash', async () => {
  const { post } = await running()

  const wrong = await post('/github', body, { 'x-github-event': 'workflow_job' })

  expect(wrong).toMatchObject({ status: 400, json: { field: 'workflow_job.id' } })
})

it('takes form-encoded deliveries of GitHub', async () => {
  const { post, next } = await running()

  expect(await post('/github', new URLSearchParams({ payload: body }).toString(), form)).toMatchObject({
    status: 200,
  })
  expect(next.spans.map(({ name }) => name)).toEqual(['issue'])
})

it('takes a slash at the end, a charset and gzip', async () => {
  const { post, next } = await running()
  const utf8 = { 'content-type': 'application/json; charset=utf-8' }

  expect(await post('/github/', body, { ...issues, ...utf8 })).toMatchObject({ status: 200 })
  expect(
    await post('/customhttp', gzipSync(JSON.stringify(event)), { 'content-encoding': 'gzip' }),
  ).toMatchObject({
    status: 200,
  })
  expect(next.spanCount).toBe(2)
})

describe('what is wrong with the request itself', () => {
  it.each([
    ['unknown path', '/github/x', 'POST', 'application/json', 404],
    ['source that is not listed', '/jira', 'POST', 'application/json', 404],
    ['wrong method', '/github', 'PUT', 'application/json', 405],
    ['wrong media type', '/github', 'POST', 'text/plain', 415],
    ['form for GitLab', '/gitlab', 'POST', 'application/x-www-form-urlencoded', 415],
  ] as const)('%s', async (_what, path, method, type, status) => {
    const { url } = await running({ github: {}, gitlab: {} })

    const answer = await request(new URL(path, url), {
      method,
      headers: { 'content-type': type },
      body: '{}',
    })
    await answer.body.dump()

    expect(answer.statusCode).toBe(status)
    expect(answer.headers['allow']).toBe(status === 405 ? 'POST' : undefined)
  })

  it('a body that is too large', async () => {
    const { post, next } = await running()
    const large = Buffer.alloc(26_214_401, ' ')

    const told = await post('/customhttp', large).catch(() => ({ status: 413 }))

    expect(told).toMatchObject({ status: 413 })
    expect(next.calls).toBe(0)
    expect(await post('/customhttp', event)).toMatchObject({ status: 200 })
  })

  it('a body of 25 MB is taken', async () => {
    const { post, next } = await running()
    const text = JSON.stringify({ ...event, metadata: { log: 'x'.repeat(25_000_000) } })

    expect(await post('/customhttp', text)).toMatchObject({ status: 200 })
    expect(next.spanCount).toBe(1)
  })
})

describe('a pipeline that refuses', () => {
  it('makes senders come again, and remembers nothing', async () => {
    const { post, next } = await running()
    const headers = { ...issues, 'x-github-delivery': 'd-1' }

    next.refuseWith(new RetryableError('QUEUE_FULL', 'The queue is full.', { retryAfterMs: 2_000 }))
    const refused = await post('/github', body, headers)
    next.refuseWith(undefined)
    const again = await post('/github', body, headers)

    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '2' } })
    expect(again).toMatchObject({ status: 200 })
  })

  it('for good tells so', async () => {
    const { post, next } = await running()

    next.refuseWith(new PermanentError('REFUSED', 'Nobody wants this.'))

    expect(await post('/customhttp', event)).toMatchObject({ status: 500 })
  })

  it('is awaited', async () => {
    const { post, next } = await running()

    next.block()
    let told = false
    const answer = post('/customhttp', event).finally(() => (told = true))
    await expect.poll(() => next.calls).toBe(1)
    expect(told).toBe(false)
    next.release()

    expect(await answer).toMatchObject({ status: 200 })
  })
})
