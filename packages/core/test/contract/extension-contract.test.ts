import { once } from 'node:events'
import { createServer, type Server } from 'node:http'

import { expect, it } from 'vitest'

import { defineExtension, type ExtensionFactory } from '../../src/component/define.ts'
import type { Extension } from '../../src/component/extension.ts'
import type { ExtensionOptions } from '../../src/component/options.ts'
import { extensionChecks, testExtensionContract } from '../../src/testing/index.ts'

type Options = ExtensionOptions<{ readonly key?: string | undefined }>

/** A small extension that is right in every respect. */
class Door implements Extension {
  protected readonly options: Options
  server: Server | undefined

  constructor(options: Options) {
    this.options = options
  }

  async start(): Promise<void> {
    this.server = createServer().listen(0, '127.0.0.1')
    await once(this.server, 'listening')
  }

  async shutdown(_signal: AbortSignal): Promise<void> {
    const { server } = this
    if (server === undefined) return
    this.server = undefined
    server.close()
    await once(server, 'close')
  }
}

const factoryOf = (Class: typeof Door): ExtensionFactory =>
  defineExtension({
    type: 'door',
    stability: 'development',
    schema: { type: 'object', properties: { key: { type: 'string', secret: true } } },
    create: (options) => new Class(options),
  })

testExtensionContract(factoryOf(Door), { config: {} })

function check(words: string, Class: typeof Door): Promise<void> {
  const found = extensionChecks.filter(({ name }) => name.includes(words))
  expect(found).toHaveLength(1)
  return found[0]?.run(factoryOf(Class), { config: {} }) ?? Promise.reject(new Error('No such check.'))
}

it('finds an extension that listens when it is created', async () => {
  class Early extends Door {
    constructor(options: Options) {
      super(options)
      void createServer().listen(0).close()
    }
  }

  await expect(check('created without', Early)).rejects.toThrow('belongs in start')
})

it('finds an extension that stays open', async () => {
  const servers: Server[] = []
  class Open extends Door {
    override async shutdown(): Promise<void> {
      if (this.server !== undefined) servers.push(this.server)
    }
  }

  await expect(check('nothing open', Open)).rejects.toThrow('TCPServerWrap')
  for (const server of servers) server.close()
})

it('finds an extension that fails when it is shut down twice', async () => {
  class Once extends Door {
    override async shutdown(): Promise<void> {
      const { server } = this
      if (server === undefined) return
      const closed = once(server, 'close')
      await new Promise<void>((resolve, reject) =>
        server.close((error) => (error ? reject(error) : resolve())),
      )
      await closed
    }
  }

  await expect(check('twice', Once)).rejects.toThrow('A second shutdown fails')
})

it('finds an extension that logs its key when it is ready', async () => {
  class Telling extends Door {
    ready(): void {
      this.options.telemetry.logger.info(`Key is ${this.options.config.key}.`)
    }
  }

  await expect(check('secrets', Telling)).rejects.toThrow('A log line tells the secret setting key')
})
