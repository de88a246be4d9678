import { Traces } from '@spanloom/core'
import { startLocalEventHubs } from '@spanloom/eventhubs/local'
import { expect, test } from 'vitest'

import { bookOf, closedBooks } from './books.ts'
import { command } from './command.ts'
import { temporaryFolder } from './example-run.ts'
import { sendOverHttp, tracesOf } from './otlp-sender.ts'
import { freePort, readySentence, startCli } from './process.ts'

const start = 1_767_225_600_000_000_000n
const spanOf = (number: number, blob = ''): Parameters<typeof tracesOf>[1][number] => ({
  traceId: number.toString(16).padStart(32, '0'),
  spanId: number.toString(16).padStart(16, '0'),
  name: `span ${number}`,
  startTime: start,
  endTime: start + 1_000n,
  attributes: { blob },
})

test('a span that is too large for the hub is a dead letter that says why, and the others arrive', async () => {
  await using folder = await temporaryFolder()
  await using hubs = await startLocalEventHubs({
    hubs: [{ name: 'spans', partitions: 2 }],
    maxMessageSize: 20_000,
  })
  const [admin, otlp] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
  const config = {
    receivers: { otlp: { protocols: { http: { endpoint: otlp } } } },
    exporters: {
      azure_event_hub: {
        connection: hubs.connectionString('spans'),
        retry_on_failure: { initial_interval: '50ms', max_interval: '100ms', max_elapsed_time: 0 },
        sending_queue: { storage: 'file_storage' },
      },
    },
    extensions: {
      file_storage: { directory: folder.path, min_free_disk: 0, ballast: 0 },
      admin: { endpoint: admin },
    },
    service: {
      extensions: ['file_storage', 'admin'],
      telemetry: { metrics: { level: 'none' } },
      pipelines: { traces: { receivers: ['otlp'], exporters: ['azure_event_hub'] } },
    },
  }
  await using cli = startCli(['--config', `yaml:${JSON.stringify(config)}`])
  await cli.waitFor(readySentence)

  expect(
    await sendOverHttp(otlp, tracesOf('shop', [spanOf(1), spanOf(2, 'x'.repeat(50_000)), spanOf(3)])),
  ).toBe(200)

  const books = await closedBooks(`http://${admin}`)
  expect(bookOf(books, 'azure_event_hub')).toMatchObject({ in: 3, out: 2, dropped: { permanent_error: 1 } })
  cli.signal('SIGTERM')
  expect(await cli.exit).toBe(0)
  const names = hubs
    .read('spans')
    .flatMap(({ body }) => [...Traces.fromProtobuf(body).spans()].map(({ name }) => name))
  expect(new Set(names)).toEqual(new Set(['span 1', 'span 3']))

  const flags = ['--exporter', 'azure_event_hub', '--directory', folder.path]
  const list = JSON.parse((await command(['queue', 'ls', '--format', 'json', ...flags])).stdout) as readonly {
    readonly id: number
  }[]
  expect(list).toMatchObject([
    {
      state: 'dead',
      spans: 1,
      reason: expect.stringMatching(/A span takes \d+ bytes as an event, and the hub takes \d+ at most/),
    },
  ])
  const shown = await command(['queue', 'show', String(list[0]?.id), ...flags])
  expect(shown.stdout).toMatch(/shop {2}span 2/)
  const exported = await command(['queue', 'export', ...flags])
  expect(exported.stdout).toContain('"span 2"')
}, 120_000)
