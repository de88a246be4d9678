import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Server } from 'node:net'

import { expect, it } from 'vitest'

import type { ReceiverFactory } from '../../src/component/define.ts'
import { receiverChecks, type ReceiverContract, testReceiverContract } from '../../src/testing/index.ts'
import { post, postFactory, PostReceiver } from './post-receiver.ts'

const contract: ReceiverContract<PostReceiver> = { config: { limits: { body: 5 } }, send: post }

testReceiverContract(postFactory(), contract)

/** Runs one check of the contract by the words of its name. */
function check(
  words: string,
  Receiver: typeof PostReceiver,
  faulty: ReceiverContract<PostReceiver> = contract,
): Promise<void> {
  const found = receiverChecks.filter(({ name }) => name.includes(words))
  expect(found).toHaveLength(1)
  const factory: ReceiverFactory = postFactory(Receiver)
  return found[0]?.run(factory, faulty) ?? Promise.reject(new Error('No such check.'))
}

it('finds a receiver that accepts settings it does not know', async () => {
  const [names] = receiverChecks
  const factory = postFactory()
  const schema = { type: 'object', additionalProperties: { any: true } }
  const lax = { ...factory, schema } as unknown as ReceiverFactory

  await expect(names?.run(lax, contract)).rejects.toThrow('accepts the unknown setting')
})

it.each([
  ['reads a file', () => readFileSync('/etc/hostname')],
  ['begins to read a file', () => void readFile('/etc/hostname').catch(() => undefined)],
  ['listens', () => void new Server().listen(0).close()],
  [
    'sets a timer',
    () =>
      setInterval(() => undefined, 1e6)
        .unref()
        .close(),
  ],
])('finds a receiver that %s when it is created', async (_, work) => {
  class Busy extends PostReceiver {
    constructor(options: PostReceiver['options']) {
      super(options)
      work()
    }
  }

  await expect(check('created without', Busy)).rejects.toThrow('belongs in start')
})

it('finds a receiver that sets a timer of its clock when it is created', async () => {
  class Busy extends PostReceiver {
    constructor(options: PostReceiver['options']) {
      super(options)
      options.clock.schedule(1_000, () => undefined)
    }
  }

  await expect(check('created without', Busy)).rejects.toThrow('starts a timer')
})

it('finds a receiver that acknowledges and hands nothing on', async () => {
  class Silent extends PostReceiver {
    override async answer(): Promise<number> {
      return 200
    }
  }

  await expect(check('hands on', Silent)).rejects.toThrow('before any span reached')
})

it('finds a receiver that never asks for a resend', async () => {
  class Harsh extends PostReceiver {
    override statusOf(): number {
      return 400
    }
  }

  await expect(check('asks for a resend', Harsh)).rejects.toThrow('was told rejected')
  await expect(check('at random', Harsh)).rejects.toThrow('would take the data later')
})

it('finds a receiver that takes faults of ours for faults of the data', async () => {
  class Blaming extends PostReceiver {
    override statusOf(error: unknown): number {
      return error instanceof Error && error.name === 'Error' ? 400 : super.statusOf(error)
    }
  }

  await expect(check('asks for a resend', Blaming)).rejects.toThrow('refused with Error')
})

it('finds a receiver that asks for a resend of what nobody will take', async () => {
  class Stubborn extends PostReceiver {
    override statusOf(): number {
      return 503
    }
  }

  await expect(check('asks for no resend', Stubborn)).rejects.toThrow('was told retry')
  await expect(check('at random', Stubborn)).rejects.toThrow('will never take the data')
})

it('finds a receiver that refuses what the next stage took', async () => {
  class Doubting extends PostReceiver {
    override async answer(body: string): Promise<number> {
      const status = await super.answer(body)
      return status === 200 && Number(body) > 5 ? 503 : status
    }
  }

  await expect(check('at random', Doubting)).rejects.toThrow('did not refuse its data')
})

it('finds a receiver that cannot be shut down twice', async () => {
  class Once extends PostReceiver {
    override async shutdown(signal: AbortSignal): Promise<void> {
      if (!this.server.listening) throw new Error('Not running.')
      return super.shutdown(signal)
    }
  }

  await expect(check('twice', Once)).rejects.toThrow('A shutdown without a start fails: Error: Not running.')
})

it('finds a receiver that leaves a timer of its clock behind', async () => {
  class Ticking extends PostReceiver {
    override async start(): Promise<void> {
      await super.start()
      this.options.clock.schedule(1_000, () => undefined)
    }
  }

  await expect(check('nothing open', Ticking)).rejects.toThrow('left a timer behind')
})

it('finds a receiver that logs a secret', async () => {
  class Chatty extends PostReceiver {
    override async start(): Promise<void> {
      await super.start()
      this.options.telemetry.logger.debug('Started.', { settings: { ...this.options.config } })
    }
  }

  const outcome = check('secrets', Chatty)
  await expect(outcome).rejects.toThrow('A log line tells the secret setting token')
  await expect(outcome).rejects.not.toThrow('c4n4ry')
})

it('finds a receiver that fails with a secret in its cause', async () => {
  class Failing extends PostReceiver {
    override start(): Promise<void> {
      return Promise.reject(
        new Error('No start.', { cause: new Error(`Token ${this.options.config.token}`) }),
      )
    }
  }

  await expect(check('secrets', Failing)).rejects.toThrow('An error tells the secret setting token')
})

it('finds a receiver whose status tells a secret', async () => {
  class Failing extends PostReceiver {
    override async start(): Promise<void> {
      await super.start()
      this.options.telemetry.status.recoverableError(new Error(`Token ${this.options.config.token}`))
    }
  }

  await expect(check('secrets', Failing)).rejects.toThrow('The status RecoverableError tells')
})

it('finds a contract that sends equal spans for different events', async () => {
  const same = { ...contract, send: (receiver: PostReceiver) => post(receiver, 7) }

  await expect(check('at random', PostReceiver, same)).rejects.toThrow('leads to a span of an earlier event')
})
