import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import type { Span } from '@spanloom/core'
import { fakeClock } from '@spanloom/core/testing'
import { describe, expect, it } from 'vitest'

import { progressReport } from '../src/backfill/progress.ts'
import { exampleFolder, temporaryFolder } from './example-run.ts'
import { startCli } from './process.ts'
import { runCommand } from './run-spanloom.ts'
import { spansIn } from './valuestream-replay.ts'

const token = 'ghp_0123456789secret'
const week = ['--since', '2026-03-02', '--until', '2026-03-09']
const base = '/repos/acme/shop'

const repository = {
  name: 'shop',
  full_name: 'acme/shop',
  owner: { login: 'acme' },
  html_url: 'https://github.com/acme/shop',
}
const issue = (number: number, day: number): object => ({
  number,
  created_at: '2026-03-02T08:00:00Z',
  updated_at: `2026-03-0${day}T10:00:00Z`,
  closed_at: `2026-03-0${day}T10:00:00Z`,
})
const pull = {
  id: 77,
  number: 5,
  state: 'closed',
  created_at: '2026-03-03T08:00:00Z',
  updated_at: '2026-03-04T09:00:00Z',
  merged_at: '2026-03-04T09:00:00Z',
  closed_at: '2026-03-04T09:00:00Z',
  head: { ref: 'vstrace-github-issue-github.com/acme/shop-1', sha: 'a1'.repeat(20) },
  base: { ref: 'main', sha: 'b2'.repeat(20) },
}

/** What a request meets instead of its answer. */
type Fault = 429 | 502 | 'truncated' | 'reset'

interface Api extends AsyncDisposable {
  readonly url: string
  readonly paths: readonly string[]
  readonly faults: Fault[]
  /** Lets the first request for the second page hang, and resolves when it does. */
  hangOnSecondPage(): Promise<void>
}

/** The API of a repository with two pages of issues and a pull request. */
async function startApi(): Promise<Api> {
  const [paths, faults]: [string[], Fault[]] = [[], []]
  let onSecondPage: (() => void) | undefined
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`)
    paths.push(url.pathname + (url.searchParams.has('page') ? `?page=${url.searchParams.get('page')}` : ''))
    const fault = faults.shift()
    const hung = url.searchParams.get('page') === '2' ? onSecondPage : undefined
    if (request.headers.authorization !== `Bearer ${token}`) response.writeHead(401).end('{}')
    else if (hung !== undefined) {
      onSecondPage = undefined
      hung()
    } else if (fault === 'reset') request.socket.resetAndDestroy()
    else if (fault === 'truncated')
      response.writeHead(200, { 'content-length': '900' }).write('[{"numb', () => request.socket.destroy())
    else if (fault !== undefined) response.writeHead(fault, { 'retry-after': '0' }).end('busy')
    else answer(url, response)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    paths,
    faults,
    hangOnSecondPage: () => new Promise((resolve) => (onSecondPage = resolve)),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

function answer(url: URL, response: ServerResponse): void {
  const second = url.searchParams.get('page') === '2'
  const bodies: Readonly<Record<string, unknown>> = {
    [base]: repository,
    [`${base}/issues`]: second ? [issue(3, 3)] : [issue(1, 6), issue(2, 5)],
    [`${base}/pulls`]: [pull],
    [`${base}/actions/runs`]: { workflow_runs: [] },
    [`${base}/deployments`]: [],
  }
  const body = bodies[url.pathname]
  if (body === undefined) {
    response.writeHead(404).end('{}')
    return
  }
  const next = new URL(url)
  next.searchParams.set('page', '2')
  const more = url.pathname === `${base}/issues` && !second
  response.writeHead(200, more ? { link: `<${next.href}>; rel="next"` } : {}).end(JSON.stringify(body))
}

const inShort = (span: Span): string =>
  [JSON.stringify(span.attribute('vs.span.id')), span.traceId, span.spanId, span.parentSpanId].join(' ')

const spansOf = async (file: string): Promise<readonly string[]> =>
  spansIn(await readFile(file, 'utf8'))
    .map(inShort)
    .toSorted()

/** The ids of `valuestream.md` section 6.1, computed by hand of these names. */
const expected = async (): Promise<readonly string[]> => {
  const { createHash } = await import('node:crypto')
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
  const of = (name: string, parent?: string): string =>
    [
      JSON.stringify(name),
      hash(`${parent ?? name}t`).slice(0, 32),
      hash(`${name}s`).slice(16, 32),
      parent === undefined ? '' : hash(`${parent}s`).slice(16, 32),
    ].join(' ')
  const issues = [1, 2, 3].map((number) => `vstrace-github-issue-github.com/acme/shop-${number}`)
  const [first] = issues
  return [
    ...issues.map((name) => of(name)),
    of('vstrace-github-pull_request-github.com/acme/shop-77', first),
  ].toSorted()
}

const env = { GITHUB_TOKEN: token }

describe('spanloom backfill github', { timeout: 120_000 }, () => {
  it('brings history as the spans that webhooks give, past failures, and tells nobody the token', async () => {
    await using folder = await temporaryFolder()
    await using api = await startApi()
    api.faults.push(429, 502, 'truncated', 'reset')
    const [out, resume] = [join(folder.path, 'traces.jsonl'), join(folder.path, 'resume.json')]
    const args = ['backfill', 'github', '--repo', 'acme/shop', ...week, '--api-url', api.url]

    const { code, stdout, stderr } = await runCommand([...args, '--out', out, '--resume', resume], env)

    expect(stderr).toMatch(/^Done: 4 items read, 4 events, 4 operations that ended\.$/m)
    expect(code).toBe(0)
    expect(await spansOf(out)).toEqual(await expected())
    const remembered = await readFile(resume, 'utf8')
    expect(JSON.parse(remembered)).toMatchObject({ version: 1, names: ['acme/shop'], done: { length: 4 } })
    expect(stdout + stderr + remembered).not.toContain(token)

    const again = await runCommand([...args, '--out', out, '--resume', resume], env)
    expect(again.code).toBe(0)
    expect(await spansOf(out)).toHaveLength(4)
  })

  it('goes on where it was interrupted', async () => {
    await using folder = await temporaryFolder()
    await using api = await startApi()
    const [out, resume] = [join(folder.path, 'traces.jsonl'), join(folder.path, 'resume.json')]
    const args = ['backfill', 'github', '--repo', 'acme/shop', ...week, '--api-url', api.url]
    const output = ['--out', out, '--resume', resume]
    const hung = api.hangOnSecondPage()
    await using cli = startCli([...args, ...output], { env })
    await Promise.race([hung, cli.exit])
    cli.signal('SIGINT')
    expect(await cli.exit).toBe(1)
    expect(cli.stderr()).toContain('Interrupted')
    expect(JSON.parse(await readFile(resume, 'utf8'))).toMatchObject({
      done: [],
      stream: 'acme/shop issues',
      next: expect.stringContaining('page=2'),
    })
    const before = api.paths.length

    const { code } = await runCommand([...args, ...output], env)

    expect(code).toBe(0)
    expect(api.paths.slice(before).filter((path) => path.startsWith(`${base}/issues`))).toEqual([
      `${base}/issues?page=2`,
    ])
    expect([...new Set(await spansOf(out))]).toEqual(await expected())
  })

  it('takes the settings of the receiver that it stands in for, and opens none of its ports', async () => {
    await using folder = await temporaryFolder()
    await using api = await startApi()
    const out = join(folder.path, 'traces.jsonl')
    const config = {
      receivers: {
        valuestream: {
          endpoint: `127.0.0.1:${new URL(api.url).port}`,
          id_scope: 'name',
          sources: { github: {} },
        },
        otlp: { protocols: { http: { endpoint: `127.0.0.1:${new URL(api.url).port}` } } },
      },
      processors: { span_assembly: {} },
      exporters: { file: { path: out } },
      service: {
        pipelines: {
          traces: { receivers: ['valuestream', 'otlp'], processors: ['span_assembly'], exporters: ['file'] },
        },
      },
    }
    const { code, stderr } = await runCommand(
      [
        'backfill',
        'github',
        '--repo',
        'acme/shop',
        ...week,
        '--api-url',
        api.url,
        '--config',
        `yaml:${JSON.stringify(config)}`,
      ],
      env,
    )
    expect(stderr).not.toContain('EADDRINUSE')
    expect(code).toBe(0)
    expect((await spansOf(out)).map((line) => line.split(' ')[0])).toContain('"vstrace-github-issue-shop-1"')
  })

  it('waits for a destination that is away, and says what was lost when it is told to stop', async () => {
    await using api = await startApi()
    await using cli = startCli(
      [
        'backfill',
        'github',
        '--repo',
        'acme/shop',
        ...week,
        '--api-url',
        api.url,
        '--endpoint',
        'http://127.0.0.1:1',
      ],
      { env },
    )
    await cli.waitFor('Waiting for otlp_http to deliver 4 spans.')
    cli.signal('SIGINT')
    expect(await cli.exit).toBe(1)
    expect(cli.stderr()).toMatch(/^4 spans were lost: the destination did not take them\./m)
  })

  it.each<readonly [string, readonly string[], Readonly<Record<string, string>>, RegExp]>([
    ['nowhere to go', [], env, /Exactly one of --config, --endpoint and --out/],
    ['two ways to go', ['--out', 'x', '--endpoint', 'http://localhost:1'], env, /Exactly one of/],
    ['no token for GitLab', ['gitlab'], {}, /There is no token for gitlab\. .*GITLAB_TOKEN/],
    [
      'a token with a line break',
      ['--out', 'x'],
      { GITHUB_TOKEN: 'a\nb' },
      /holds blanks or special characters/,
    ],
    [
      'a name that is none',
      ['--repo', '../../etc', '--out', 'x'],
      env,
      /"\.\.\/\.\.\/etc" names nothing of github/,
    ],
    ['a time that is none', ['--since', 'yesterday', '--out', 'x'], env, /--since is no time: "yesterday"/],
    ['an address in the open', ['--api-url', 'http://example.com', '--out', 'x'], env, /unencrypted/],
    ['a wrong token', ['--out', 'OUT'], { GITHUB_TOKEN: 'wrong' }, /does not let us read .* \(401\)/],
    [
      'a repository that is not there',
      ['--repo', 'acme/none', '--out', 'OUT'],
      env,
      /does not exist \(404\)/,
    ],
  ])('says what is wrong with %s', async (_, more, variables, message) => {
    await using folder = await temporaryFolder()
    await using api = await startApi()
    const gitlab = more[0] === 'gitlab'
    const { code, stderr } = await runCommand(
      [
        'backfill',
        gitlab ? 'gitlab' : 'github',
        '--api-url',
        api.url,
        ...week,
        ...(gitlab
          ? ['--project', 'acme/shop', '--out', 'x']
          : more.includes('--repo')
            ? []
            : ['--repo', 'acme/shop']),
        ...(gitlab ? [] : more.map((word) => (word === 'OUT' ? join(folder.path, 'out.jsonl') : word))),
      ],
      { GITHUB_TOKEN: '', GITLAB_TOKEN: '', ...variables },
      folder.path,
    )
    expect(stderr).toMatch(message)
    expect(code).toBe(1)
  })

  it('does not go on with a file that is about something else, or about nothing', async () => {
    await using folder = await temporaryFolder()
    await using api = await startApi()
    const resume = join(folder.path, 'resume.json')
    const args = [
      'backfill',
      'github',
      '--api-url',
      api.url,
      '--out',
      join(folder.path, 'o'),
      '--resume',
      resume,
    ]
    await runCommand([...args, '--repo', 'acme/shop', ...week], env)
    const other = await runCommand([...args, '--repo', 'acme/other', ...week], env)
    expect(other.stderr).toMatch(/The resume file is about github at .*: acme\/shop/)
    await writeFile(resume, 'nonsense')
    const broken = await runCommand([...args, '--repo', 'acme/shop', ...week], env)
    expect(broken.stderr).toMatch(/holds nothing from which a back-fill could go on/)
  })
})

it('says where a recording holds no delivery', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'recorded.jsonl')
  await writeFile(
    file,
    '{"source":"github","headers":{"x-github-event":"ping"},"body":{}}\n{"source":"svn","body":{}}\n',
  )
  const { code, stderr } = await runCommand([
    'backfill',
    'recorded',
    file,
    '--out',
    join(folder.path, 'o.jsonl'),
  ])
  expect(stderr).toMatch(/recorded\.jsonl:2 holds no delivery: its source is none of github, gitlab/)
  expect(code).toBe(1)
})

it('names a configuration without such a receiver', async () => {
  const { stderr, code } = await runCommand([
    'backfill',
    'recorded',
    join(exampleFolder, 'samples/valuestream-week.jsonl'),
    '--config',
    'yaml:{receivers: {nop: }, exporters: {nop: }, service: {pipelines: {traces: {receivers: [nop], exporters: [nop]}}}}',
  ])
  expect(stderr).toMatch(/no pipeline with such a valuestream receiver/)
  expect(code).toBe(1)
})

describe('progress', () => {
  const progress = {
    stream: 'acme/shop\u001B[2J issues',
    streamsDone: 1,
    streams: 4,
    items: 120,
    deliveries: 100,
    ignored: 0,
    unreadable: 0,
    fragments: 100,
    ended: 100,
  }
  const written = (isTTY: boolean) => {
    const texts: string[] = []
    const clock = fakeClock()
    const stream = { write: (text: string) => void texts.push(text), on: () => undefined, isTTY }
    return { texts, clock, report: progressReport(stream, clock) }
  }

  it('is a bar on a terminal, written over itself and gone in the end', () => {
    const { texts, report } = written(true)
    report.page(progress)
    report.page({ ...progress, streamsDone: 4 })
    report.end()
    expect(texts).toEqual([
      '\r\u001B[K[#####---------------] 1/4 acme/shop?[2J issues: 120 items read, 100 fragments',
      '\r\u001B[K[####################] 4/4 acme/shop?[2J issues: 120 items read, 100 fragments',
      '\r\u001B[K',
    ])
  })

  it('is a line now and then elsewhere, and tells of long waits', async () => {
    const { texts, clock, report } = written(false)
    for (let page = 0; page < 10; page++) {
      report.page(progress)
      await clock.advance(1_000)
    }
    report.wait(500, 'failure', 'The API answered 502.')
    report.wait(61_000, 'rate_limit', 'The API answered 429.')
    expect(texts).toHaveLength(3)
    expect(texts[2]).toBe('Waiting 61 s for the rate limit. The API answered 429.\n')
  })
})
