import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'

import type { Traces } from '@spanloom/core'
import { receiverChecks, type ReceiverContract, testReceiverContract } from '@spanloom/core/testing'
import { afterAll } from 'vitest'

import type { ReceiverFactory } from '../../../src/component/define.ts'
import { post, postFactory, PostReceiver } from '../post-receiver.ts'
import { type Fault, testFaults } from './fault.ts'
import { inboxContract, inboxFactory, takeOne } from './inbox-receiver.ts'

const contract: ReceiverContract<PostReceiver> = { config: {}, send: post }

testReceiverContract(inboxFactory(takeOne), inboxContract)

const answersLie = {
  'asks for a resend when the next stage is busy': 'but the sender was told accepted',
  'asks for no resend of what nobody will take': 'but the sender was told accepted',
  'loses nothing while the next stage fails at random': 'the next stage did not take everything',
}

const intervals: NodeJS.Timeout[] = []
afterAll(() => intervals.forEach(clearInterval))

const fault = (
  that: string,
  Receiver: typeof PostReceiver,
  fails: Readonly<Record<string, string>>,
): Fault<ReceiverFactory, ReceiverContract> => ({
  that,
  factory: postFactory(Receiver),
  contract: contract as ReceiverContract,
  fails,
})

testFaults('a receiver', receiverChecks, [
  fault(
    'acknowledges early',
    class extends PostReceiver {
      override answer(body: string): Promise<number> {
        void super.answer(body)
        return Promise.resolve(200)
      }
    },
    {
      ...answersLie,
      'acknowledges only after the next stage took the data': 'before the next stage took the data',
      'shuts down in time while a request is open': 'told the sender accepted',
    },
  ),
  fault(
    'swallows errors',
    class extends PostReceiver {
      override async answer(body: string): Promise<number> {
        await super.answer(body)
        return 200
      }
    },
    answersLie,
  ),
  fault(
    'leaks a timer that keeps nobody alive',
    class extends PostReceiver {
      override async start(): Promise<void> {
        await super.start()
        intervals.push(setInterval(() => undefined, 60_000).unref())
      }
    },
    { 'leaves nothing open after its shutdown': 'left something open after its shutdown: Timeout' },
  ),
  fault(
    'leaks a file',
    class extends PostReceiver {
      override async start(): Promise<void> {
        await super.start()
        openSync(new URL('fault.ts', import.meta.url), 'r')
      }
    },
    { 'leaves nothing open after its shutdown': 'faulty/fault.ts' },
  ),
  fault(
    'hangs on stop',
    class extends PostReceiver {
      override async shutdown(): Promise<void> {
        if (!this.server.listening) return
        const closed = once(this.server, 'close')
        this.server.close()
        this.server.closeIdleConnections()
        await closed
      }
    },
    { 'shuts down in time while a request is open': 'does not end when its signal aborts' },
  ),
  fault(
    'throws in a callback',
    class extends PostReceiver {
      override async start(): Promise<void> {
        await super.start()
        this.server.on('connection', (socket) =>
          socket.once('close', () => {
            throw new Error('Nobody expects this.')
          }),
        )
      }
    },
    { 'lets no error escape from its callbacks': 'Nobody expects this.' },
  ),
  fault(
    'forgets to handle a rejection',
    class extends PostReceiver {
      override answer(body: string): Promise<number> {
        void Promise.reject(new Error(`No metrics for ${body}.`))
        return super.answer(body)
      }
    },
    { 'lets no error escape from its callbacks': 'No metrics for 0.' },
  ),
  fault(
    'invents ids',
    class extends PostReceiver {
      readonly #noise = randomBytes(4).toString('hex')
      override translate(body: string): Traces {
        return super.translate(`${this.#noise}${body}`)
      }
    },
    {
      'makes equal spans of equal events': 'different spans of one and the same event',
      'loses nothing while the next stage fails at random': 'did not take everything',
    },
  ),
  fault(
    'makes ids of the time',
    class extends PostReceiver {
      override translate(body: string): Traces {
        return super.translate(`${this.options.clock.now()}${body}`.slice(-16))
      }
    },
    { 'makes equal spans of equal events': 'depend on the time at which the event arrives' },
  ),
  fault(
    'keeps a queue of its own instead of waiting',
    class extends PostReceiver {
      readonly #queue: string[] = []
      #draining = false
      override answer(body: string): Promise<number> {
        this.#queue.push(body)
        void this.#drain()
        return Promise.resolve(200)
      }
      async #drain(): Promise<void> {
        if (this.#draining) return
        this.#draining = true
        for (let body = this.#queue.shift(); body !== undefined; body = this.#queue.shift())
          await super.answer(body)
        this.#draining = false
      }
    },
    {
      ...answersLie,
      'acknowledges only after the next stage took the data': 'before the next stage took the data',
      'shuts down in time while a request is open': 'told the sender accepted',
    },
  ),
  {
    that: 'fetches without waiting for the next stage',
    factory: inboxFactory(async (event, fetching) => {
      // The shutdown ends what is still open.
      takeOne(event, fetching).catch(() => undefined)
    }),
    contract: inboxContract,
    fails: { 'fetches no faster than the next stage takes': 'calls it for all 50 events' },
  },
  fault(
    'reads a file in create',
    class extends PostReceiver {
      constructor(options: PostReceiver['options']) {
        super(options)
        const lookUp = async (): Promise<void> => {
          await Promise.resolve()
          await readFile('/etc/hostname')
        }
        lookUp().catch(() => undefined)
      }
    },
    { 'is created without I/O, timers or handles': 'Creating the component begins FSREQPROMISE' },
  ),
  fault(
    'prints a secret',
    class extends PostReceiver {
      override start(): Promise<void> {
        // oxlint-disable-next-line eslint/no-console -- The fault itself.
        if (this.options.config.token !== undefined) console.log('Starting with', this.options.config)
        return super.start()
      }
    },
    { 'keeps its secrets to itself': 'prints the secret setting token' },
  ),
])
