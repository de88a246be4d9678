import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { command, type Outcome } from '../command.ts'
import { temporaryFolder } from '../example-run.ts'

const event = (id: string, status: string, second: number): object => ({
  Time: `2026-01-01T08:55:${String(second).padStart(2, '0')}.050Z`,
  ChainId: 'invoice-42',
  Step: { Id: id, Name: 'Book', Status: status },
})
const started = JSON.stringify(event('book', 'Started', 1))
const whole = JSON.stringify([event('book', 'Started', 1), event('book', 'Completed', 3)])

const invictus = {
  receivers: { invictus: { http: {} } },
  processors: { span_assembly: {} },
  exporters: { debug: {}, nop: {} },
  service: {
    pipelines: {
      traces: { receivers: ['invictus'], processors: ['span_assembly'], exporters: ['debug', 'nop'] },
    },
  },
}

const explained = (
  config: object,
  files: Readonly<Record<string, string>>,
  ...flags: readonly string[]
): Promise<Outcome> =>
  command(
    [
      'explain',
      '--config',
      `yaml:${JSON.stringify(config)}`,
      '--time',
      '2026-01-01T09:00:00Z',
      ...flags,
      ...Object.keys(files),
    ],
    { files },
  )

describe('explain', () => {
  it('touches nothing outside', async () => {
    await using folder = await temporaryFolder()
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const path = join(folder.path, 'spans.jsonl')
    const directory = join(folder.path, 'storage')
    const config = {
      receivers: {
        invictus: {
          http: {
            endpoint: `127.0.0.1:${port}`,
            tls: { cert_file: join(folder.path, 'none.pem'), key_file: join(folder.path, 'none.key') },
          },
          event_hub: {
            connection: 'Endpoint=sb://nowhere.invalid;SharedAccessKeyName=a;SharedAccessKey=Zm9yZ2V0',
            event_hub: { name: 'flows' },
          },
        },
        otlp: {
          protocols: {
            http: { endpoint: 'nowhere.invalid:4318' },
            grpc: { endpoint: 'nowhere.invalid:4317' },
          },
        },
      },
      processors: { span_assembly: { storage: 'file_storage' } },
      exporters: {
        file: { path },
        otlp_http: { endpoint: 'http://nowhere.invalid', sending_queue: { storage: 'file_storage' } },
      },
      extensions: {
        file_storage: { directory },
        health_check: { endpoint: `127.0.0.1:${port}` },
        admin: { endpoint: `127.0.0.1:${port}` },
      },
      service: {
        extensions: ['file_storage', 'health_check', 'admin'],
        pipelines: {
          traces: {
            receivers: ['invictus', 'otlp'],
            processors: ['span_assembly'],
            exporters: ['file', 'otlp_http'],
          },
        },
      },
    }
    const { code, stdout, stderr } = await explained(
      config,
      { 'a.json': whole },
      '--receiver',
      'invictus',
      '--no-origins',
    )
    server.close()
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain('Book to file, otlp_http')
    expect([existsSync(path), existsSync(directory)]).toEqual([false, false])
  })

  it('never shows a secret, and signs only if it is told to', async () => {
    const config = {
      receivers: {
        valuestream: {
          sources: { github: { secret: 'sesame-of-github' }, gitlab: { token: 'sesame-of-gitlab' } },
        },
      },
      processors: { redaction: { preset: 'orchest-telemetry', key: 'sesame-of-redaction' } },
      exporters: {
        otlp_http: { endpoint: 'http://localhost', headers: { authorization: 'sesame-of-export' } },
      },
      service: {
        pipelines: {
          traces: { receivers: ['valuestream'], processors: ['redaction'], exporters: ['otlp_http'] },
        },
      },
    }
    const flags = ['--path', '/github', '--header', 'X-GitHub-Event: ping']
    const unsigned = await explained(config, { 'a.json': '{"zen":"x"}' }, ...flags)
    const texts = await Promise.all(
      ['tree', 'json', 'otlp'].map((format) =>
        explained(config, { 'a.json': '{"zen":"x"}' }, ...flags, '--sign', '--format', format),
      ),
    )
    expect(unsigned.stdout).toContain('answered 401')
    expect(texts[0]?.stdout).toContain('answered 202 {"status":"ignored"')
    for (const { code, stdout, stderr } of [unsigned, ...texts]) {
      expect(code).toBe(0)
      expect(stdout + stderr).not.toMatch(/sesame|sha256=/)
    }
  })

  it('proves the sender to every source, server and extension that asks for it', async () => {
    const secret = 'sesame'
    const sources = {
      github: { secret, required_headers: { 'X-Proxy': secret } },
      gitlab: { signing_token: `whsec_${Buffer.from(secret).toString('base64')}` },
      jenkins: { token: secret },
      jira: { secret },
      customhttp: { token: secret },
    }
    const config = {
      receivers: {
        valuestream: { sources },
        orchest: { webhook: { secret }, relay: { token: secret } },
        invictus: { http: { required_headers: { 'X-Proxy': secret } } },
        otlp: { protocols: { http: { auth: { authenticator: 'basicauth' } } } },
      },
      exporters: { nop: {} },
      extensions: { basicauth: { htpasswd: { inline: 'me:sesame' } } },
      service: {
        extensions: ['basicauth'],
        pipelines: {
          traces: { receivers: ['valuestream', 'orchest', 'invictus', 'otlp'], exporters: ['nop'] },
        },
      },
    }
    const statuses = async (...flags: readonly string[]): Promise<readonly unknown[]> => {
      const { stdout } = await explained(
        config,
        { 'a.json': '{}' },
        '--no-origins',
        '--format',
        'json',
        ...flags,
      )
      const [delivery] = JSON.parse(stdout).deliveries
      return [delivery.receiver, delivery.path, delivery.answer.status === 401]
    }
    for (const [receiver, path] of [
      ...['/github', '/gitlab', '/jenkins', '/jira', '/customhttp'].map(
        (each) => ['valuestream', each] as const,
      ),
      ['orchest', '/orchest/webhook'],
      ['orchest', '/analytics'],
      ['invictus', '/'],
      ['otlp', '/v1/traces'],
    ] as const) {
      const flags = ['--receiver', receiver, '--path', path]
      expect(await statuses(...flags)).toEqual([receiver, path, true])
      expect(await statuses(...flags, '--sign')).toEqual([receiver, path, false])
    }
  })

  it('takes OTLP as JSON, also for a receiver that speaks gRPC only', async () => {
    const config = {
      receivers: { otlp: { protocols: { grpc: {} } } },
      exporters: { nop: {} },
      service: { pipelines: { traces: { receivers: ['otlp'], exporters: ['nop'] } } },
    }
    const span = {
      traceId: '5b8efff798038103d269b633813fc60c',
      spanId: 'eee19b7ec3c1b174',
      name: 'order',
      startTimeUnixNano: '1767225600000000000',
      endTimeUnixNano: '1767225601000000000',
    }
    const payload = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })
    const { stdout } = await explained(config, { 'a.json': payload })
    expect(stdout).toContain('#1 a.json to receiver otlp, grpc, 2026-01-01T09:00:00.000Z\n├─ taken')
    expect(stdout).toMatch(
      /name +order +copied from \/resourceSpans\/0\/scopeSpans\/0\/spans\/0\/name; receiver otlp/,
    )
    const broken = await explained(config, { 'a.json': '{"resourceSpans":7}' }, '--no-origins')
    expect(broken.stdout).toContain('├─ refused: ')
  })

  it('tells what still waits, until when, and that it leaves when the time goes on', async () => {
    const waiting = await explained(invictus, { 'a.json': started }, '--no-origins')
    expect(waiting.stdout).toContain(
      'Book waits for its end until 2026-01-02T09:00:00.000Z, and would then go to debug, nop',
    )
    const sent = await explained(invictus, { 'a.json': started }, '--no-origins', '--advance', '25h')
    expect(sent.stdout).toContain('Book to debug, nop')
    const otlp = await explained(invictus, { 'a.json': started }, '--format', 'otlp')
    expect(otlp.stdout).toBe('')
  })

  it('takes several payloads in order, as files and as lines', async () => {
    const [first, second] = [event('book', 'Started', 1), event('book', 'Completed', 3)].map((each) =>
      JSON.stringify(each),
    )
    const files = await explained(
      invictus,
      { 'a.json': first ?? '', 'b.json': second ?? '' },
      '--format',
      'otlp',
    )
    const lines = await explained(
      invictus,
      { 'a.jsonl': `${first}\n${second}\n` },
      '--format',
      'otlp',
      '--exporter',
      'nop',
    )
    expect(files.stdout.split('\n')[0]).toBe(lines.stdout.trim())
    expect(lines.stdout).toContain('"name":"Book"')
    const origins = await explained(invictus, { 'a.json': first ?? '', 'b.json': second ?? '' })
    expect(origins.stdout).toMatch(/startTimeUnixNano .* made of #1 \/Time; receiver invictus/)
    expect(origins.stdout).toMatch(/invictus\.chain\.id .* copied from #1 \/ChainId, #2 \/ChainId; receiver/)
  })

  it('says why something was refused or dropped, and what was kept aside', async () => {
    const refused = await explained(invictus, { 'a.json': '{"nothing":1}' })
    expect(refused.stdout).toContain('answered 400')
    expect(refused.stdout).toContain('receiver invictus drops 1 span: no_chain_id')
    expect(refused.stdout).toContain('Nothing would be sent.')
    const filtered = await explained(
      {
        ...invictus,
        processors: { filter: { drop: [{ name: 'Book' }] }, span_assembly: {} },
        service: {
          pipelines: {
            traces: { receivers: ['invictus'], processors: ['span_assembly', 'filter'], exporters: ['nop'] },
          },
        },
      },
      { 'a.json': whole },
      '--no-origins',
    )
    expect([filtered.code, filtered.stdout, filtered.stderr]).toEqual([
      0,
      expect.stringMatching(/processor filter in traces drops 1 span: /),
      '',
    ])
    const hub = {
      ...invictus,
      receivers: {
        invictus: {
          event_hub: {
            connection: 'Endpoint=sb://nowhere.invalid;SharedAccessKeyName=a;SharedAccessKey=Zm9yZ2V0',
            event_hub: { name: 'flows' },
          },
          dead_letters: { storage: 'file_storage' },
        },
      },
      extensions: { file_storage: { directory: '/nowhere' } },
    }
    const kept = await explained(
      { ...hub, service: { ...invictus.service, extensions: ['file_storage'] } },
      { 'a.json': '{"nothing":1}' },
    )
    expect(kept.stdout).toMatch(
      /Kept aside as dead letters\n├─ receiver invictus: permanent_error: no_chain_id: number 1 of 1/,
    )
  })

  it('plays those whom the pipeline asks', async () => {
    const config = {
      receivers: {
        cloudevents: { http: {}, mode: 'relay', relay: { url: 'http://nowhere.invalid/events' } },
      },
      exporters: { nop: {} },
      service: { pipelines: { traces: { receivers: ['cloudevents'], exporters: ['nop'] } } },
    }
    const payload = JSON.stringify({ specversion: '1.0', id: '1', source: '/a', type: 'b' })
    const flags = ['--header', 'content-type: application/cloudevents+json', '--no-origins']
    const fine = await explained(config, { 'a.json': payload }, ...flags)
    expect(fine.stdout).toContain('would send POST http://nowhere.invalid/events, taken as answered with 200')
    const busy = await explained(
      config,
      { 'a.json': payload },
      ...flags,
      '--answer',
      'http://nowhere.invalid/ 503 later',
    )
    expect(busy.stdout).toContain('taken as answered with 503')
    expect(busy.stdout).toMatch(/http\.response\.status_code +503/)
  })

  it.each([
    [['--receiver', 'otlp'], 'No pipeline has a receiver "otlp". (There is invictus.)'],
    [['--transport', 'pigeon'], 'The receiver "invictus" takes nothing over "pigeon". (It takes http.)'],
    [['--header', 'no colon'], '"no colon" is no header. (Write it as \'Name: value\'.)'],
    [['--answer', 'later'], '"later" is no answer.'],
    [['--advance', 'a while'], '"a while" is no duration. (Write it as 90s, 10m or 24h.)'],
    [['--trials', 'many'], '"many" is no number of trials.'],
    [['--time', 'noon'], '"noon" is no time.'],
    [['--test', 'x'], 'The configuration has no test "x". (There is none.)'],
    [['b.json'], 'the file b.json cannot be read'],
  ])('%j: one message, exit code 1', async (flags, message) => {
    const { code, stdout, stderr } = await explained(invictus, { 'a.json': whole }, ...flags)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(message)
  })

  it('names the paths of a receiver that serves several', async () => {
    const config = {
      ...invictus,
      receivers: { orchest: { webhook: { allow_unsigned: true }, relay: {} } },
      service: { pipelines: { traces: { receivers: ['orchest'], exporters: ['nop'] } } },
    }
    const { code, stderr } = await explained(config, { 'a.json': '{}' })
    expect([code, stderr.replaceAll(/\s+/g, ' ')]).toEqual([
      1,
      expect.stringContaining('Say which one with --path: /orchest/webhook, /analytics.'),
    ])
  })

  it('stops at the limit of trials and says so', async () => {
    const { stdout } = await explained(invictus, { 'a.json': whole }, '--trials', '5')
    expect(stdout).toMatch(
      /Origins were found with \d trials\. \d+ values were not tried; --trials allows more\./,
    )
  })
})
