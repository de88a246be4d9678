import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { builtInTypes } from '@spanloom/orchest'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'

import { temporaryFolder } from './example-run.ts'
import { freePort, readySentence, startCli } from './process.ts'
import { runMain } from './run-spanloom.ts'

vi.setConfig({ testTimeout: 120_000 })

const canary = 'KANARIENVOGEL'
const secret = 'It is a secret'

/** Payloads of the known form with canaries where people type things in, in names and in values. */
const text = fc.constantFrom(canary, `${canary} typed`, `a ${canary}\nline`, 'nothing')
const tree = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.integer(),
    fc.constant(null),
    fc.array(tie('node'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(canary, 'title', 'parameters', 'x'), tie('node'), { maxKeys: 3 }),
  ),
})).node
const payload = fc.record({
  project: fc.record({
    uuid: fc.constant('P'),
    name: text,
    job: fc.record({
      uuid: fc.constant('J'),
      name: text,
      pipeline_name: text,
      pipeline_run: fc.record({
        uuid: fc.constant('R'),
        parameters: tree,
        failed_steps: fc.array(fc.record({ uuid: fc.constant('s'), title: text })),
      }),
      update: tree,
    }),
  }),
  [canary]: tree,
})
const types = fc.oneof(
  fc.constantFrom(...builtInTypes.map(({ type }) => type)),
  fc.constantFrom('project:unknown', 'shop:typed'),
)
const event = fc.tuple(types, payload, fc.boolean(), fc.constantFrom('webhook', 'relay', 'broken'))

test('what no rule keeps is in no output, log, error or listing, whatever the payload', async () => {
  await using folder = await temporaryFolder()
  const endpoint = `127.0.0.1:${await freePort()}`
  const out = join(folder.path, 'telemetry.jsonl')
  const config = {
    receivers: {
      orchest: {
        endpoint,
        webhook: { secret },
        relay: {},
        storage: 'file_storage',
        event_types: [{ type: 'shop:typed', transition: 'instant', schema: { required: ['never'] } }],
      },
    },
    processors: {
      span_assembly: { profiles: { orchest: { settle: '10ms' }, orchest_slot: { settle: '10ms' } } },
      redaction: { preset: 'orchest-telemetry' },
    },
    exporters: { file: { path: out }, debug: { verbosity: 'detailed' } },
    extensions: { file_storage: { directory: folder.path, min_free_disk: 0, ballast: 0 } },
    service: {
      extensions: ['file_storage'],
      telemetry: { metrics: { level: 'none' }, logs: { level: 'debug' } },
      pipelines: {
        traces: {
          receivers: ['orchest'],
          processors: ['span_assembly', 'redaction'],
          exporters: ['file', 'debug'],
        },
      },
    },
  }
  const flags = ['--config', `yaml:${JSON.stringify(config)}`]
  const answers: string[] = []
  {
    await using cli = startCli(flags)
    await cli.waitFor(readySentence)
    let count = 0
    await fc.assert(
      fc.asyncProperty(event, async ([type, body, signed, channel]) => {
        const at = { uuid: `u-${++count}`, timestamp: '2023-06-05 10:00:00' }
        const sent = JSON.stringify(
          channel === 'relay'
            ? { event: type, properties: body, ...at }
            : { event: { type, ...body, ...at } },
        )
        const bytes = channel === 'broken' ? `${sent.slice(0, -3)}${canary}` : sent
        const signature = createHmac('sha256', signed ? secret : 'wrong')
          .update(bytes)
          .digest('hex')
        const response = await fetch(
          `http://${endpoint}${channel === 'relay' ? '/analytics' : '/orchest/webhook'}`,
          {
            method: 'POST',
            headers: { 'content-type': 'application/json', 'x-hub-signature': signature },
            body: bytes,
          },
        )
        answers.push(`${response.status} ${await response.text()}`)
        return response.status < 500
      }),
      { numRuns: 300 },
    )
    cli.signal('SIGTERM')
    expect(await cli.exit).toBe(0)
    expect(cli.stdout() + cli.stderr()).not.toContain(canary)
  }
  const telemetry = await readFile(out, 'utf8')
  expect(telemetry).toContain('orchest.event.type')
  expect(telemetry).not.toContain(canary)
  expect(answers.join('\n')).toContain('dead_letter')
  expect(answers.join('\n')).not.toContain(canary)

  const listed = await runMain(['queue', 'ls', '--directory', folder.path, '--receiver', 'orchest'])
  expect(listed.stdout).toContain('unknown_event_type')
  expect(listed.stdout).toContain('invalid_payload')
  expect(listed.stdout + listed.stderr).not.toContain(canary)
})
