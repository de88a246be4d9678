import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import { parseOtlpJson } from '@spanloom/core/traces'
import { expect, test, vi } from 'vitest'

import { bookOf, closedBooks } from './books.ts'
import { linesOf, temporaryFolder } from './example-run.ts'
import { freePort, readySentence, startCli } from './process.ts'

vi.setConfig({ testTimeout: 90_000 })

const secret = 'known-to-github'
const package_ = new URL('../../receiver-valuestream/', import.meta.url)
const fixture = (file: string): string => {
  const { payload }: { payload: unknown } = JSON.parse(
    readFileSync(new URL(`test/fixtures/${file}`, package_), 'utf8'),
  )
  return JSON.stringify(payload)
}

interface Examples {
  readonly name: string
  readonly examples: readonly unknown[]
}

/** Real payloads of all events that GitHub has. */
const examples: readonly Examples[] = createRequire(new URL('package.json', package_))(
  '@octokit/webhooks-examples',
)

test('everything that may be sent to a real process is answered, and its books close', async () => {
  await using folder = await temporaryFolder()
  const [admin, metrics] = [await freePort(), await freePort()]
  const file = join(folder.path, 'spans.jsonl')
  const config = {
    receivers: {
      valuestream: {
        endpoint: '127.0.0.1:0',
        sources: { github: { secret, releases: true }, gitlab: {}, jenkins: {}, jira: {}, customhttp: {} },
      },
    },
    processors: { span_assembly: { profiles: { valuestream: { settle: '100ms', start_wait: '100ms' } } } },
    exporters: { file: { path: file } },
    extensions: { admin: { endpoint: `127.0.0.1:${admin}` } },
    service: {
      extensions: ['admin'],
      telemetry: {
        metrics: { readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port: metrics } } } }] },
      },
      pipelines: {
        traces: { receivers: ['valuestream'], processors: ['span_assembly'], exporters: ['file'] },
      },
    },
  }
  await using cli = startCli(['--config', `yaml:${JSON.stringify(config)}`])
  await cli.waitFor(readySentence)
  const endpoint = /Starting HTTP server.*"otelcol.component.id":"valuestream".*"endpoint":"([^"]+)"/.exec(
    cli.stderr(),
  )?.[1]

  const post = async (
    path: string,
    body: string | Buffer,
    headers: Record<string, string> = {},
  ): Promise<number> => {
    const response = await fetch(`http://${endpoint}${path}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    })
    await response.arrayBuffer()
    return response.status
  }
  const signed = (body: string, name: string): Record<string, string> => ({
    'x-github-event': name,
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  })

  const statuses = new Set<number>()
  for (const { name, examples: payloads } of examples)
    for (const payload of payloads) {
      const body = JSON.stringify(payload)
      statuses.add(await post('/github', body, signed(body, name)))
    }
  expect([...statuses].toSorted((a, b) => a - b)).toEqual([200, 202])

  const pull = fixture('github/pull_request/closed.json')
  const form = new URLSearchParams({ payload: pull }).toString()
  const formHeaders = { 'content-type': 'application/x-www-form-urlencoded' }
  expect(await post('/github', pull.slice(0, -9), signed(pull.slice(0, -9), 'pull_request'))).toBe(400)
  expect(await post('/github', pull, signed(pull, 'workflow_run'))).toBe(400)
  expect(await post('/github', pull, signed(`${pull} `, 'pull_request'))).toBe(401)
  expect(await post('/github', pull, { 'x-github-event': 'pull_request' })).toBe(401)
  expect(await post('/github', form, { ...signed(form, 'pull_request'), ...formHeaders })).toBe(200)
  expect(await post('/gitlab', fixture('gitlab/pipeline/success.json'))).toBe(200)
  expect(await post('/gitlab', '[]')).toBe(400)
  expect(
    await post('/jenkins', fixture('jenkins/build/success.json'), { 'content-type': 'text/plain' }),
  ).toBe(200)
  expect(await post('/jira', fixture('jiracloud/issues/kanban/in_progress.json'))).toBe(200)
  expect(await post('/customhttp', Buffer.alloc(26_214_401, ' ')).catch(() => 413)).toBe(413)
  expect(await post('/customhttp', fixture('customhttp/start.json'))).toBe(200)

  const books = await closedBooks(`http://127.0.0.1:${admin}`)
  expect(bookOf(books, 'valuestream')).toMatchObject({ refused: 0, failed: 0 })
  expect(bookOf(books, 'valuestream').out).toBe(bookOf(books, 'span_assembly').in)
  const spans = (await linesOf(file, 1)).flatMap((line) => Array.from(parseOtlpJson(line).spans()))
  expect(spans.length).toBeGreaterThan(0)
  expect(spans.some((span) => Object.hasOwn(span.attributes, 'spanloom.key'))).toBe(false)

  const scrape = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text()
  expect(scrape).toMatch(
    /^otelcol_receiver_valuestream_deliveries\{.*source="github".*outcome="unauthenticated".*\} 2$/m,
  )
  expect(scrape).toMatch(
    /^vs_event_end_total\{.*event_source="jenkins".*event_type="build".*error="false".*\} 1$/m,
  )
  expect(scrape).toMatch(
    /^vs_event_duration_seconds_count\{.*event_source="gitlab".*event_type="pipeline".*\} 1$/m,
  )

  cli.signal('SIGTERM')
  expect(await cli.exit).toBe(0)
  expect(cli.stderr()).not.toContain(secret)
  expect(cli.stderr()).not.toMatch(/\terror\t/)
})
