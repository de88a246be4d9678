import { EventEmitter, once } from 'node:events'
import { setTimeout as elapse } from 'node:timers/promises'

import { pino } from 'pino'
import { request } from 'undici'
import { describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'

import { type Command, createKit, type Kit, type KitOptions, type MessageError } from '../src/index.ts'
import { fixture } from './fixture.ts'
import { recordingServer } from './recording-server.ts'

interface KitCase {
  readonly id: string
  readonly message: string
  readonly messages: readonly string[]
  readonly repeat: number
}

const cases = new Map(fixture<KitCase>('kit').map((each) => [each.id, each]))
const caseOf = (id: string): KitCase => cases.get(id) ?? expect.fail(`There is no case ${id}.`)

type LogLine = Readonly<Record<string, unknown>>

function kitWithLog(options: KitOptions = {}) {
  const kit = createKit({ openTelemetry: false, ...options })
  const lines: LogLine[] = []
  const write = (line: string): void => void lines.push(JSON.parse(line) as LogLine)
  return { kit, lines, log: pino({ mixin: kit.pinoMixin() }, { write }) }
}

const spanIdOf = (kit: Kit): string => kit.current()?.spanId ?? expect.fail('There is no context.')

describe('context', () => {
  it('K01: log records inside a handler carry the verbatim id and the mapped ids', async () => {
    const { kit, lines, log } = kitWithLog()
    const spanId = await kit.run(caseOf('K01').message, async () => {
      log.info('a')
      await elapse(5)
      log.info('b')
      return spanIdOf(kit)
    })
    expect(spanId).toMatch(/^(?!0{16})[0-9a-f]{16}$/)
    const fields = {
      'trace-id': 'c0a8017f6f2c4d98bd70a35c90f1f01',
      rID: '2021-03-13 00:32:04.942046#UP57RxE',
      operation: 'categoriesInfo',
      trace_id: '0c0a8017f6f2c4d98bd70a35c90f1f01',
      span_id: spanId,
      trace_flags: '01',
    }
    expect(lines).toMatchObject([
      { msg: 'a', ...fields },
      { msg: 'b', ...fields },
    ])
  })

  it('K02: interleaved handlers keep their own context', async () => {
    const { kit, lines, log } = kitWithLog()
    const { messages, repeat } = caseOf('K02')
    const runs = Array.from({ length: repeat }, (_, at) =>
      messages.map(async (message) =>
        kit.run(message, async ({ rID }) => {
          await elapse((at * 7) % 20)
          log.info(rID)
        }),
      ),
    )
    await Promise.all(runs.flat())
    expect(lines).toHaveLength(repeat * 2)
    const idOf = new Map([
      ['k-1', 'aaaa1111aaaa1111aaaa1111aaaa1111'],
      ['k-2', 'bbbb2222bbbb2222bbbb2222bbbb2222'],
    ])
    expect(lines.every((line) => line['trace-id'] === idOf.get(String(line['msg'])))).toBe(true)
  })

  it('K04: outside of a handler there is none', async () => {
    const { kit, lines, log } = kitWithLog()
    log.info('plain')
    expect(lines[0]).not.toHaveProperty('trace_id')
    expect(Object.keys(kit.logFields())).toEqual([])
    expect(kit.current()).toBeUndefined()
    await expect(kit.callback({})).rejects.toMatchObject({ code: 'NO_CONTEXT' })
    expect(() => kit.headers()).toThrow(expect.objectContaining({ code: 'NO_CONTEXT' }))
  })

  it('K05: calls to inner services get trace-id, own span-id and traceparent', async () => {
    await using inner = await recordingServer()
    const { kit } = kitWithLog()
    const spanId = await kit.run(caseOf('K05').message, async () => {
      const { body } = await request(inner.url, { headers: kit.headers() })
      await body.dump()
      return spanIdOf(kit)
    })
    expect(inner.requests[0]?.headers).toMatchObject({
      'trace-id': 'c0a8017f6f2c4d98bd70a35c90f1f01',
      'span-id': spanId,
      traceparent: `00-0c0a8017f6f2c4d98bd70a35c90f1f01-${spanId}-01`,
    })
  })

  it('K06: a listener keeps the context only when it is bound', () => {
    const { kit, lines, log } = kitWithLog()
    const emitter = new EventEmitter()
    kit.run(caseOf('K06').message, () => {
      emitter.once('x', () => {
        log.info('unbound')
      })
      emitter.once(
        'x',
        kit.bind(() => {
          log.info('bound')
        }),
      )
    })
    emitter.emit('x')
    expect(lines.find((line) => line['msg'] === 'unbound')).not.toHaveProperty('trace-id')
    expect(lines.find((line) => line['msg'] === 'bound')).toMatchObject({
      'trace-id': 'c0a8017f6f2c4d98bd70a35c90f1f01',
    })
  })

  it('hands on what the handler returns, throws and rejects with', async () => {
    const { kit } = kitWithLog()
    const message = caseOf('K06').message
    expect(kit.run(message, ({ operation }) => operation)).toBe('getBill')
    expect(() =>
      kit.run(message, () => {
        throw new RangeError('sync')
      }),
    ).toThrow('sync')
    await expect(kit.run(message, async () => Promise.reject(new RangeError('async')))).rejects.toThrow(
      'async',
    )
  })

  it('tells of what is odd', () => {
    const warnings: string[] = []
    const { kit } = kitWithLog({ onWarning: (warning) => warnings.push(warning) })
    kit.run('{"operation":"x","__headers__":{"trace-id":"a\\r\\nb"}}', () => {
      expect(kit.headers()).not.toHaveProperty('trace-id')
    })
    expect(warnings).toEqual(['missing_request_id', 'trace_id_not_representable'])
  })
})

describe('wrap', () => {
  it('runs the messages of a real socket, passes greetings over and stops when told', async () => {
    const server = new WebSocketServer({ port: 0 })
    await once(server, 'listening')
    const { kit, lines, log } = kitWithLog()
    const { port } = server.address() as { port: number }
    const connected = once(server, 'connection') as Promise<[WebSocket]>
    const socket = new WebSocket(`ws://127.0.0.1:${port}`)
    const ignored: MessageError[] = []
    const failed: unknown[] = []
    const received = Promise.withResolvers<Command>()
    const stop = kit.wrap(socket, {
      async command(command) {
        if (command.operation === 'boom') throw new Error('The till is empty.')
        log.info('dealt with')
        received.resolve(command)
      },
      ignored: (reason) => ignored.push(reason),
      failed(error, { operation }) {
        failed.push([operation, error])
        log.error('failed')
      },
    })
    try {
      const [upstream] = await connected
      upstream.send('connected')
      upstream.send(Buffer.from('{"rID":"1","operation":"boom","__headers__":{"trace-id":"seven"}}'))
      upstream.send('{"rID":"2","operation":"good","__headers__":{"trace-id":"eight"}}')
      expect(await received.promise).toMatchObject({ rID: '2' })
      expect(ignored).toMatchObject([{ code: 'bad_json' }])
      expect(failed).toMatchObject([['boom', { message: 'The till is empty.' }]])
      expect(lines.map((line) => [line['msg'], line['trace-id']])).toEqual(
        expect.arrayContaining([
          ['dealt with', 'eight'],
          ['failed', 'seven'],
        ]),
      )
      stop()
      expect(socket.listenerCount('message')).toBe(0)
    } finally {
      socket.terminate()
      server.close()
    }
  })
})
