import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'

import { type ExporterFactory, messageOf, PermanentError, type Traces } from '@spanloom/core'
import { exporterChecks, type ExporterContract } from '@spanloom/core/testing'
import { afterAll } from 'vitest'

import { Room, RoomSender, roomFactory } from '../small-exporter.ts'
import { type Fault, testFaults } from './fault.ts'

const contract: ExporterContract = { open: () => Promise.resolve(new Room()) }

const intervals: NodeJS.Timeout[] = []
afterAll(() => intervals.forEach(clearInterval))

const fault = (
  that: string,
  Sender: Parameters<typeof roomFactory>[0],
  fails: Readonly<Record<string, string>>,
): Fault<ExporterFactory, ExporterContract> => ({ that, factory: roomFactory(Sender), contract, fails })

type Send = Parameters<RoomSender['send']>

const neverAsksAgain = {
  'tells what the destination said, once it has said it': 'took data that the destination was too busy for',
  'sends again what the destination was too busy for': 'did not get exactly the spans',
  'loses nothing while the destination fails at random': 'did not get exactly the spans',
  'accounts for every span': 'The books do not balance',
}

testFaults('an exporter', exporterChecks, [
  fault(
    'acknowledges early',
    class extends RoomSender {
      override async send(...args: Send): Promise<void> {
        // Long enough to hear of what fails at once.
        const outcome = super.send(...args)
        outcome.catch(() => undefined)
        await Promise.race([outcome, new Promise((resolve) => setImmediate(resolve))])
      }
    },
    {
      'tells what the destination said, once it has said it': 'before the destination had taken the data',
    },
  ),
  fault(
    'swallows errors',
    class extends RoomSender {
      override async send(...args: Send): Promise<void> {
        await super.send(...args).catch(() => undefined)
      }
    },
    neverAsksAgain,
  ),
  fault(
    'writes into its input',
    class extends RoomSender {
      override encode(traces: Traces): Uint8Array {
        const body = Buffer.from(traces.toProtobuf())
        for (const chunk of traces.chunks) chunk[chunk.length - 1] = 0
        return body
      }
    },
    {
      'does not change its input': 'changed the bytes of its input',
      // A sender hands in the same spans again.
      'loses nothing while the destination fails at random': 'did not get exactly the spans',
    },
  ),
  fault(
    'leaks a timer that keeps nobody alive',
    class extends RoomSender {
      async start(): Promise<void> {
        intervals.push(setInterval(() => undefined, 60_000).unref())
      }
    },
    { 'leaves nothing open after its shutdown': 'left something open after its shutdown: Timeout' },
  ),
  fault(
    'hangs on stop',
    class extends RoomSender {
      #unanswered = false
      override async send(...args: Send): Promise<void> {
        args[1].signal.addEventListener('abort', () => (this.#unanswered = true))
        await super.send(...args)
      }
      async shutdown(): Promise<void> {
        if (this.#unanswered) await new Promise(() => undefined)
      }
    },
    {
      'shuts down in time while a request is open': 'does not end when its signal aborts',
      'tells what the destination said, once it has said it': 'does not end when its signal aborts',
    },
  ),
  fault(
    'throws in a callback',
    class extends RoomSender {
      override async send(...args: Send): Promise<void> {
        setImmediate(() => {
          throw new Error('Nobody expects this.')
        })
        await super.send(...args)
      }
    },
    { 'lets no error escape from its callbacks': 'Nobody expects this.' },
  ),
  fault(
    'invents ids',
    class extends RoomSender {
      override encode(traces: Traces): Uint8Array {
        return traces.map((span) => span.with({ spanId: randomBytes(8).toString('hex') })).toProtobuf()
      }
    },
    {
      'delivers what it takes, once and unchanged': 'did not get exactly the spans',
      'sends again what the destination was too busy for': 'did not get exactly the spans',
      'loses nothing while the destination fails at random': 'did not get exactly the spans',
    },
  ),
  fault(
    'tries again on its own while the destination is busy',
    class extends RoomSender {
      override async send(...args: Send): Promise<void> {
        for (let attempt = 0; attempt < 4; attempt++) {
          try {
            return await super.send(...args)
          } catch (error) {
            if (error instanceof PermanentError) throw error
          }
        }
        await super.send(...args)
      }
    },
    { 'makes one attempt at a time': 'makes 5 requests to a busy destination for what takes 1' },
  ),
  fault(
    'connects in create',
    class extends RoomSender {
      constructor(options: RoomSender['options']) {
        super(options)
        connect(9, '127.0.0.1').on('error', () => undefined)
      }
    },
    { 'is created without I/O, timers or handles': 'TCPWRAP' },
  ),
  fault(
    'prints a secret in another form',
    class extends RoomSender {
      override async send(...args: Send): Promise<void> {
        const { password } = this.options.config
        await super.send(...args).catch((error: unknown) => {
          const credentials = Buffer.from(`user:${password}`).toString('base64')
          // oxlint-disable-next-line eslint/no-console -- The fault itself.
          if (password !== undefined) console.warn(messageOf(error), `Basic ${credentials}`)
          throw error
        })
      }
    },
    { 'keeps its secrets to itself': 'prints the secret setting password' },
  ),
])
