import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { EventHubProducerClient } from '@azure/event-hubs'
import { describe, expect, it, vi } from 'vitest'

import { type CliProcess, startCli } from './process.ts'
import { type Outcome, runCommand, runMain } from './run-spanloom.ts'

interface Serving extends AsyncDisposable {
  readonly process: CliProcess
  /** Connection strings in the order they are printed. */
  readonly connectionStrings: readonly string[]
}

async function serve(...args: string[]): Promise<Serving> {
  const process = startCli(['eventhub', 'serve', '--port', '0', ...args])
  await process.waitFor('This is a development tool')
  await vi.waitFor(() => expect(process.stdout()).toContain('Ready. Ctrl-C ends it.'), 10_000)
  return {
    process,
    connectionStrings: process.stdout().match(/^Endpoint=.*$/gm) ?? [],
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  }
}

function client(connectionString: string | undefined, ...args: string[]): Promise<Outcome> {
  return runCommand(['eventhub', ...args], { EVENTHUB_CONNECTION_STRING: connectionString ?? '' })
}

describe('spanloom eventhub', () => {
  it('serves hubs that lines are sent to and read from', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'eventhub-'))
    await using cleanup = new AsyncDisposableStack()
    cleanup.defer(() => rm(folder, { recursive: true }))
    const file = join(folder, 'events.ndjson')
    await writeFile(file, '{"Step":"START"}\n\n{"Step":"STOP"}\r\nlast')
    await using serving = await serve('--hub', 'flows:3', '--hub', 'other')
    const [flows, other] = serving.connectionStrings
    const hub = new EventHubProducerClient(flows ?? '')
    cleanup.defer(() => hub.close())

    const sent = await client(
      flows,
      'send',
      file,
      '--partition-key',
      'chain',
      '--content-type',
      'application/json',
    )
    const lines = await client(flows, 'read')
    const json = await client(flows, 'read', '--as', 'json', '--limit', '1')
    const empty = await client(other, 'read')

    expect(await hub.getPartitionIds()).toHaveLength(3)
    expect(sent).toEqual({ code: 0, stdout: 'Sent 3 events.\n', stderr: '' })
    expect(lines).toEqual({ code: 0, stdout: '{"Step":"START"}\n{"Step":"STOP"}\nlast\n', stderr: '' })
    expect(JSON.parse(json.stdout)).toMatchObject({
      sequence_number: 0,
      offset: '0',
      partition_key: 'chain',
      content_type: 'application/json',
      body: '{"Step":"START"}',
    })
    expect(empty).toEqual({ code: 0, stdout: '', stderr: '' })
  }, 60_000)

  it('sends a whole file, and shows bytes that are no text as Base64', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'eventhub-'))
    await using cleanup = new AsyncDisposableStack()
    cleanup.defer(() => rm(folder, { recursive: true }))
    const file = join(folder, 'event.bin')
    await writeFile(file, Buffer.from([0xff, 0x0a, 0xfe]))
    await using serving = await serve()
    const [events] = serving.connectionStrings

    await client(events, 'send', file, '--as', 'file', '--partition', '2')
    const { stdout } = await client(events, 'read', '--as', 'json')

    expect(JSON.parse(stdout)).toMatchObject({ partition: '2', body_base64: '/wr+' })
  }, 60_000)

  it('follows a hub until it is told to stop', async () => {
    await using serving = await serve()
    const [events = ''] = serving.connectionStrings
    await using reading = startCli(['eventhub', 'read', '--follow'], {
      env: { EVENTHUB_CONNECTION_STRING: events },
    })
    await using hub = Object.assign(new EventHubProducerClient(events), {
      [Symbol.asyncDispose](this: EventHubProducerClient) {
        return this.close()
      },
    })

    await hub.sendBatch([{ body: Buffer.from('first') }])
    await vi.waitFor(() => expect(reading.stdout()).toBe('first\n'), 20_000)
    await hub.sendBatch([{ body: Buffer.from('second') }])
    await vi.waitFor(() => expect(reading.stdout()).toBe('first\nsecond\n'), 20_000)
    reading.signal('SIGINT')

    expect(await reading.exit).toBe(0)
  }, 60_000)

  it('stops when it is told to, and says what it is', async () => {
    await using serving = await serve()

    serving.process.signal('SIGTERM')

    expect(await serving.process.exit).toBe(0)
    expect(serving.process.stderr()).toContain('not Azure Event Hubs')
  }, 60_000)

  it('opens more doors when told to', async () => {
    await using serving = await serve('--websocket-port', '0', '--kafka-port', '0', '--hub', 'flows:1')

    expect(serving.process.stdout()).toMatch(/^AMQP over WebSocket on 127\.0\.0\.1:\d+$/m)
    expect(serving.process.stdout()).toMatch(/^Kafka on 127\.0\.0\.1:\d+$/m)
    expect(serving.process.stdout()).toContain('Hub flows, 1 partition\n')
  }, 60_000)

  it('warns when a key that everybody knows guards an open address', async () => {
    await using serving = await serve('--host', '0.0.0.0')

    expect(serving.process.stderr()).toContain('WARNING: it listens beyond this machine')
  }, 60_000)

  it('keeps keys out of errors', async () => {
    const key = 'c2VjcmV0LWtleQ=='
    await using serving = await serve()
    const wrong = serving.connectionStrings[0]?.replace('SAS_KEY_VALUE', key)

    const refused = await client(wrong, 'read')
    const malformed = await client(`Endpoint=${key};SharedAccessKey=${key}`, 'read', '--hub', 'events')

    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('Unauthorized') })
    expect(malformed).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr + malformed.stderr).not.toContain(key)
  }, 60_000)

  it('says what is too large for the hub', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'eventhub-'))
    await using cleanup = new AsyncDisposableStack()
    cleanup.defer(() => rm(folder, { recursive: true }))
    const file = join(folder, 'large')
    await writeFile(file, Buffer.alloc(2_000_000))
    await using serving = await serve()

    const { code, stderr } = await client(serving.connectionStrings[0], 'send', file, '--as', 'file')

    expect(code).toBe(1)
    expect(stderr).toContain('event 1 has 2000000 bytes, more than the hub takes')
  }, 60_000)

  it.for([
    [['eventhub'], 'Error: say what to do with event hubs (There are serve, send and read.)\n'],
    [['eventhub', 'read'], 'there is no connection string (Set EVENTHUB_CONNECTION_STRING'],
    [['eventhub', 'read', '--limit', '0'], '"0" is no number of at least 1.'],
    [['eventhub', 'serve', '--port', '70000'], '"70000" is no port between 0 and 65535.'],
    [['eventhub', 'serve', '--hub', 'flows:x'], '"flows:x" is no hub such as flows or flows:4.'],
    [['eventhub', 'serve', '--hub', 'a/b'], '"a/b" is no name of an event hub'],
    [['eventhub', 'serve', '--tls-cert', 'cert.pem'], '--tls-cert and --tls-key go together'],
  ] as const)('%j is answered with what is wrong', async ([args, message]) => {
    const { code, stderr } = await runMain([...args])

    expect(code).toBe(1)
    expect(stderr).toContain(message)
  })
})
