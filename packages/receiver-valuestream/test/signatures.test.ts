import { createHmac } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import { deliveryIn } from './fixtures.ts'
import { hmac, running } from './running.ts'

const secret = "It's a Secret to Everybody"
const issue = JSON.stringify(deliveryIn('github/issue/opened.json').payload)
const pipeline = JSON.stringify(deliveryIn('gitlab/pipeline/pending.json').payload)
const kanban = JSON.stringify(deliveryIn('jiracloud/issues/kanban/in_progress.json').payload)
const build = JSON.stringify(deliveryIn('jenkins/build/inprogress.json').payload)
const event = JSON.stringify({ id: '1', action: 'start', type: 'deploy' })

interface Attempt {
  readonly body?: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** What becomes of a delivery to a source with these settings. */
async function statusOf(path: string, settings: unknown, body: string, attempt: Attempt): Promise<number> {
  const { post, next } = await running({ [path.slice(1)]: settings })
  const { status } = await post(`${path}${attempt.query ?? ''}`, attempt.body ?? body, {
    'x-github-event': 'issues',
    ...attempt.headers,
  })
  expect(next.calls).toBe(status === 200 ? 1 : 0)
  return status
}

describe('GitHub', () => {
  const signed = (value: string): Attempt => ({ headers: { 'x-hub-signature-256': value } })
  const right = `sha256=${hmac(secret, issue)}`

  it('is checked with the published vector', () => {
    expect(hmac(secret, 'Hello, World!')).toBe(
      '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    )
  })

  it.each<[string, Attempt, number]>([
    ['right', signed(right), 200],
    ['right in capitals', signed(`sha256=${hmac(secret, issue).toUpperCase()}`), 200],
    ['of another secret', signed(`sha256=${hmac('other', issue)}`), 401],
    ['missing', {}, 401],
    ['empty', signed(''), 401],
    ['of another algorithm', signed(`sha1=${hmac(secret, issue, 'sha1')}`), 401],
    ['too short', signed(right.slice(0, -2)), 401],
    ['too long', signed(`${right}00`), 401],
    ['no hex', signed(`sha256=${'z'.repeat(64)}`), 401],
    ['of half digits', signed(right.slice(0, -1)), 401],
    ['without algorithm', signed(hmac(secret, issue)), 401],
    ['old', { headers: { 'x-hub-signature': `sha1=${hmac(secret, issue, 'sha1')}` } }, 401],
    ['of a tampered body', { ...signed(right), body: issue.replace('opened', 'closed') }, 401],
    ['of a body with a blank more', { ...signed(right), body: `${issue} ` }, 401],
  ])('signature %s', async (_what, attempt, status) => {
    expect(await statusOf('/github', { secret }, issue, attempt)).toBe(status)
  })

  it('takes SHA-1 where that is allowed, unless the better one is there', async () => {
    const old = { 'x-hub-signature': `sha1=${hmac(secret, issue, 'sha1')}` }
    const settings = { secret, allow_sha1: true }

    expect(await statusOf('/github', settings, issue, { headers: old })).toBe(200)
    expect(
      await statusOf('/github', settings, issue, { headers: { ...old, 'x-hub-signature-256': 'sha256=00' } }),
    ).toBe(401)
  })

  it('signs the text of a form, not the JSON in it', async () => {
    const body = new URLSearchParams({ payload: issue }).toString()
    const headers = (of: string) => ({
      'content-type': 'application/x-www-form-urlencoded',
      'x-hub-signature-256': `sha256=${hmac(secret, of)}`,
    })

    expect(await statusOf('/github', { secret }, body, { headers: headers(body) })).toBe(200)
    expect(await statusOf('/github', { secret }, body, { headers: headers(issue) })).toBe(401)
  })

  it('ignores a delivery that is replayed', async () => {
    const { post } = await running({ github: { secret } })
    const headers = { 'x-github-event': 'issues', 'x-github-delivery': 'd-1', 'x-hub-signature-256': right }

    expect(await post('/github', issue, headers)).toMatchObject({ status: 200 })
    expect(await post('/github', issue, headers)).toMatchObject({
      status: 202,
      json: { reason: 'duplicate' },
    })
  })
})

describe('GitLab', () => {
  const now = Math.floor(Date.UTC(2026, 0, 30) / 1000)
  const signing = 'a signing token'
  const sign = (key: string | Uint8Array, id: string, time: number, body: string): string =>
    `v1,${createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64')}`
  const webhook = (time = now, signature = sign(signing, 'w-1', time, pipeline)): Attempt => ({
    headers: { 'webhook-id': 'w-1', 'webhook-timestamp': String(time), 'webhook-signature': signature },
  })

  it.each<[string, Attempt, number]>([
    ['right', { headers: { 'x-gitlab-token': secret } }, 200],
    ['wrong', { headers: { 'x-gitlab-token': 'other' } }, 401],
    ['longer', { headers: { 'x-gitlab-token': `${secret}!` } }, 401],
    ['missing', {}, 401],
    ['elsewhere', { query: '?token=x', headers: { authorization: 'Bearer x' } }, 401],
  ])('token %s', async (_what, attempt, status) => {
    expect(await statusOf('/gitlab', { token: secret }, pipeline, attempt)).toBe(status)
  })

  it.each<[string, Attempt, number]>([
    ['right', webhook(), 200],
    ['among others', webhook(now, `v1,AAAA v2,xyz ${sign(signing, 'w-1', now, pipeline)}`), 200],
    ['a little old', webhook(now - 299), 200],
    ['too old', webhook(now - 301), 401],
    ['of the future', webhook(now + 301), 401],
    ['of another time', webhook(now, sign(signing, 'w-1', now - 1, pipeline)), 401],
    ['of another id', webhook(now, sign(signing, 'w-2', now, pipeline)), 401],
    ['of another key', webhook(now, sign('other', 'w-1', now, pipeline)), 401],
    ['of another version', webhook(now, sign(signing, 'w-1', now, pipeline).replace('v1', 'v2')), 401],
    ['too short', webhook(now, sign(signing, 'w-1', now, pipeline).slice(0, -4)), 401],
    ['no base64', webhook(now, 'v1,???'), 401],
    ['of a tampered body', { ...webhook(), body: pipeline.replace('pending', 'success') }, 401],
    ['missing, with a token', { headers: { 'x-gitlab-token': secret } }, 401],
    [
      'without a time that can be read',
      { headers: { 'webhook-id': 'w-1', 'webhook-timestamp': 'now', 'webhook-signature': 'v1,AAAA' } },
      401,
    ],
  ])('signature %s', async (_what, attempt, status) => {
    const settings = { token: secret, signing_token: signing }
    expect(await statusOf('/gitlab', settings, pipeline, attempt)).toBe(status)
  })

  it('reads the key of a whsec_ token as base64', async () => {
    const key = Buffer.from('0123456789abcdef0123456789abcdef')
    const settings = { signing_token: `whsec_${key.toString('base64')}` }

    expect(await statusOf('/gitlab', settings, pipeline, webhook(now, sign(key, 'w-1', now, pipeline)))).toBe(
      200,
    )
  })
})

describe('Jira', () => {
  const signed = (value: string): Attempt => ({ headers: { 'x-hub-signature': value } })
  const right = `sha256=${hmac(secret, kanban)}`

  it.each<[string, Attempt, number]>([
    ['right', signed(right), 200],
    ['wrong', signed(`sha256=${hmac('other', kanban)}`), 401],
    ['missing', {}, 401],
    ['of another algorithm', signed(`sha1=${hmac(secret, kanban, 'sha1')}`), 401],
    ['too short', signed('sha256=00'), 401],
    ['of a tampered body', { ...signed(right), body: kanban.replace('TP-3', 'TP-4') }, 401],
    ['under a foreign name', { headers: { 'x-hub-signature-256': right } }, 401],
  ])('signature %s', async (_what, attempt, status) => {
    expect(await statusOf('/jira', { secret }, kanban, attempt)).toBe(status)
  })

  it.each<[string, Attempt, number]>([
    ['right', { query: '?token=t%26t' }, 200],
    ['wrong', { query: '?token=t' }, 401],
    ['missing', {}, 401],
    ['beside a wrong signature', { query: '?token=t%26t', headers: { 'x-hub-signature': 'sha256=00' } }, 401],
  ])('token %s', async (_what, attempt, status) => {
    expect(await statusOf('/jira', { secret, token: 't&t' }, kanban, attempt)).toBe(status)
  })

  it('ignores a delivery that is tried again', async () => {
    const { post } = await running({ jira: { secret } })
    const headers = { 'x-hub-signature': right, 'x-atlassian-webhook-identifier': 'w-1' }

    expect(await post('/jira', kanban, headers)).toMatchObject({ status: 200 })
    expect(await post('/jira', kanban, { ...headers, 'x-atlassian-webhook-retry': '1' })).toMatchObject({
      status: 202,
    })
  })
})

describe('Jenkins', () => {
  it.each<[string, Attempt, number]>([
    ['in the URL', { query: '?token=abc' }, 200],
    ['as bearer', { headers: { authorization: 'Bearer abc' } }, 200],
    ['in a header', { headers: { 'x-vs-token': 'abc' } }, 200],
    ['right in one of two places', { query: '?token=x', headers: { 'x-vs-token': 'abc' } }, 200],
    ['wrong', { query: '?token=abd' }, 401],
    ['longer', { query: '?token=abcd' }, 401],
    ['as basic', { headers: { authorization: 'Basic abc' } }, 401],
    ['missing', {}, 401],
  ])('token %s', async (_what, attempt, status) => {
    expect(await statusOf('/jenkins', { token: 'abc' }, build, attempt)).toBe(status)
  })

  it('counts the same record twice as one, for a while', async () => {
    const { post, clock } = await running({ jenkins: {} })

    expect(await post('/jenkins', build)).toMatchObject({ status: 200 })
    expect(await post('/jenkins', build)).toMatchObject({ status: 202 })
    await clock.advance(600_000)
    expect(await post('/jenkins', build)).toMatchObject({ status: 200 })
  })
})

describe('custom HTTP', () => {
  const signed = (value: string): Attempt => ({ headers: { 'x-vs-signature': value } })
  const mac = createHmac('sha256', secret).update(event).digest()

  it.each<[string, Attempt, number]>([
    ['with algorithm', signed(`sha256=${mac.toString('hex')}`), 200],
    ['bare hex', signed(mac.toString('hex')), 200],
    ['base64', signed(mac.toString('base64')), 200],
    ['of another secret', signed(hmac('other', event)), 401],
    ['of another algorithm', signed(`sha1=${hmac(secret, event, 'sha1')}`), 401],
    ['missing', {}, 401],
    ['too short', signed(mac.toString('hex').slice(2)), 401],
    ['base64 of something shorter', signed(mac.subarray(1).toString('base64')), 401],
    ['of a tampered body', { ...signed(mac.toString('hex')), body: event.replace('deploy', 'issues') }, 401],
    ['a bearer token instead', { headers: { authorization: `Bearer ${secret}` } }, 401],
  ])('signature %s', async (_what, attempt, status) => {
    expect(await statusOf('/customhttp', { secret }, event, attempt)).toBe(status)
  })

  it.each<[string, Attempt, number]>([
    ['right', { headers: { authorization: 'Bearer abc' } }, 200],
    ['wrong', { headers: { authorization: 'Bearer abd' } }, 401],
    ['missing', {}, 401],
    [
      'right beside a wrong signature',
      { headers: { authorization: 'Bearer abc', 'x-vs-signature': '00' } },
      401,
    ],
  ])('token %s', async (_what, attempt, status) => {
    expect(await statusOf('/customhttp', { secret, token: 'abc' }, event, attempt)).toBe(status)
  })
})

it('wants the required headers of a source', async () => {
  const settings = { required_headers: { 'X-Team': 'blue' } }

  expect(await statusOf('/customhttp', settings, event, {})).toBe(401)
  expect(await statusOf('/customhttp', settings, event, { headers: { 'x-team': 'red' } })).toBe(401)
  expect(await statusOf('/customhttp', settings, event, { headers: { 'x-team': 'blue' } })).toBe(200)
})

it('says nothing of secrets', async () => {
  const { post, telemetry } = await running({ customhttp: { secret, token: 'abc-token' } })

  const { json } = await post('/customhttp', event, { authorization: 'Bearer wrong-token' })

  expect(JSON.stringify([json, telemetry.logger.lines])).not.toMatch(/abc-token|wrong-token|Everybody/)
})
