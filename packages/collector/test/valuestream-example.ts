import { createHmac } from 'node:crypto'
import { join } from 'node:path'

import { freePort } from '@spanloom/interop'
import { expect } from 'vitest'

import { startExample, stopExample, temporaryFolder } from './example-run.ts'
import { treeOf } from './example-spans.ts'
import { OtlpBackend } from './otlp-backend.ts'

/** A pull request and the build of it, with a kill -9 in between, through `config/valuestream.yaml`. */
export async function valuestreamExample(): Promise<void> {
  await using folder = await temporaryFolder()
  await using backend = await OtlpBackend.listen()
  const env = {
    SPANLOOM_VALUESTREAM_ENDPOINT: await address(),
    SPANLOOM_BACKEND: backend.url,
    SPANLOOM_STORAGE: join(folder.path, 'storage'),
    GITHUB_WEBHOOK_SECRET: 'from-github',
    GITLAB_TOKEN: 'from-gitlab',
    JENKINS_TOKEN: 'from-jenkins',
    JIRA_SECRET: 'from-jira',
    VS_SECRET: 'from-us',
  }
  const post = async (path: string, headers: Record<string, string>, body: string): Promise<number> => {
    const url = `http://${env.SPANLOOM_VALUESTREAM_ENDPOINT}${path}`
    return (await fetch(url, { method: 'POST', body, headers })).status
  }
  const signed = (body: string): Record<string, string> => ({
    'content-type': 'application/json',
    'x-github-event': 'pull_request',
    'x-hub-signature-256': `sha256=${createHmac('sha256', env.GITHUB_WEBHOOK_SECRET).update(body).digest('hex')}`,
  })
  const build = { jobName: 'shop', number: 4, startTime: 1_767_690_000_000, result: 'INPROGRESS' }
  const cause = { 'vstrace-trace-id': 'vstrace-github-pull_request-shop-7' }

  await using first = await startExample('valuestream.yaml', env)
  expect(await post('/github', signed(pull('closed')), pull('opened'))).toBe(401)
  expect(await post('/github', signed(pull('opened')), pull('opened'))).toBe(200)
  expect(await post('/github', signed(pull('closed')), pull('closed'))).toBe(200)
  expect(await post('/jenkins?token=wrong', {}, JSON.stringify(build))).toBe(401)
  const begun = JSON.stringify({ ...build, parameters: cause })
  expect(await post('/jenkins?token=from-jenkins', {}, begun)).toBe(200)
  await first.stop({ signal: 'SIGKILL' })

  await using example = await startExample('valuestream.yaml', env)
  const ended = JSON.stringify({
    ...build,
    result: 'SUCCESS',
    endTime: 1_767_690_060_000,
    duration: 60_000,
  })
  expect(await post('/jenkins?token=from-jenkins', {}, ended)).toBe(200)

  const spans = await backend.waitForSpans(2)
  expect(treeOf(spans)).toEqual([
    ['build', 'pull_request', 'UNSET'],
    ['pull_request', spans.find(({ name }) => name === 'pull_request')?.parentSpanId, 'UNSET'],
  ])
  expect(new Set(spans.map((span) => span.traceId)).size).toBe(1)
  expect(new Set(spans.map((span) => span.attribute('vs.parent.span.id')))).toEqual(
    new Set(['vstrace-github-pull_request-shop-7', 'vstrace-jiracloud-issue-SHOP-12']),
  )
  expect(await stopExample(example)).toEqual({ code: 0, signal: null })
  expect(example.stdout() + example.stderr()).not.toMatch(/from-(?:github|gitlab|jenkins|jira|us)/)
}

const address = async (): Promise<string> => `127.0.0.1:${await freePort()}`

/** A delivery of GitHub. */
const pull = (action: string): string =>
  JSON.stringify({
    action,
    repository: { name: 'shop', full_name: 'acme/shop', html_url: 'https://github.com/acme/shop' },
    pull_request: {
      id: 900,
      number: 7,
      title: 'Pay by card',
      head: { ref: 'SHOP-12-cards' },
      created_at: '2026-01-05T09:00:00Z',
      closed_at: '2026-01-06T09:00:00Z',
    },
  })
