import { expect, it } from 'vitest'

import type { ExporterFactory } from '../../src/component/define.ts'
import { messageOf, PermanentError, RetryableError } from '../../src/errors/errors.ts'
import { exporterChecks, testExporterContract, type ExporterContract } from '../../src/testing/index.ts'
import type { Traces } from '../../src/traces/traces.ts'
import { Room, RoomSender, roomFactory } from './small-exporter.ts'

const contract: ExporterContract = { open: () => Promise.resolve(new Room()) }

testExporterContract(roomFactory(RoomSender), contract)

/** Runs one check of the contract by the words of its name. */
function check(
  words: string,
  Sender: Parameters<typeof roomFactory>[0],
  change: (factory: ExporterFactory) => ExporterFactory = (factory) => factory,
): Promise<void> {
  const found = exporterChecks.filter(({ name }) => name.includes(words))
  expect(found).toHaveLength(1)
  return found[0]?.run(change(roomFactory(Sender)), contract) ?? Promise.reject(new Error('No such check.'))
}

it('finds an exporter that loses spans', async () => {
  class Losing extends RoomSender {
    override encode(traces: Traces): Uint8Array {
      return traces.filter((span) => span.kind === 'CLIENT').toProtobuf()
    }
  }

  await expect(check('delivers', Losing)).rejects.toThrow('did not get exactly the spans')
}, 20_000)

it('finds an exporter that takes a busy destination for one that refuses', async () => {
  class Harsh extends RoomSender {
    override async send(...args: Parameters<RoomSender['send']>): Promise<void> {
      await super.send(...args).catch((error: unknown) => {
        throw new PermanentError('FAILED', messageOf(error))
      })
    }
  }

  await expect(check('tells what', Harsh)).rejects.toThrow('was only busy')
  await expect(check('at random', Harsh)).rejects.toThrow('was only busy')
})

it('finds an exporter that takes a destination that refuses for a busy one', async () => {
  class Stubborn extends RoomSender {
    override async send(...args: Parameters<RoomSender['send']>): Promise<void> {
      await super.send(...args).catch((error: unknown) => {
        throw new RetryableError('FAILED', messageOf(error))
      })
    }
  }

  await expect(check('tells what', Stubborn)).rejects.toThrow('refused for good')
})

it('finds an exporter that sends something for nothing', async () => {
  const eager = (factory: ExporterFactory): ExporterFactory => ({
    ...factory,
    create(options) {
      const exporter = factory.create(options)
      const sender = new RoomSender({ ...options, config: { room: roomOf(options.config) } })
      return {
        start: (host) => exporter.start(host),
        shutdown: (signal) => exporter.shutdown(signal),
        consumeTraces: (traces, context) => sender.send(traces.toProtobuf(), context),
      }
    },
  })

  await expect(check('empty batch', RoomSender, eager)).rejects.toThrow('sends a request for an empty batch')
})

it('finds an exporter that tells a secret when the destination refuses', async () => {
  class Telling extends RoomSender {
    override async send(...args: Parameters<RoomSender['send']>): Promise<void> {
      await super.send(...args).catch((error: unknown) => {
        throw new PermanentError('FAILED', `${messageOf(error)} Password ${this.options.config.password}`)
      })
    }
  }

  await expect(check('secrets', Telling)).rejects.toThrow('tells the secret setting password')
})

function roomOf(config: unknown): string {
  return typeof config === 'object' && config !== null && 'room' in config ? String(config.room) : ''
}
