import { createRegistry, defineReceiver, entryOf } from '@spanloom/core'

import { defaultRegistry, main, processContext } from '../src/index.ts'

/**
 * A `spanloom` process whose receiver `scripted` does what its setting says, for tests of how a process
 * ends. Commands come over standard output's counterpart: the setting `behaviour`.
 */
const scripted = defineReceiver({
  type: 'scripted',
  stability: 'development',
  schema: {
    type: 'object',
    properties: {
      behaviour: { type: 'string', enum: ['fatal', 'hang', 'throw', 'reject', 'leak'], default: 'hang' },
    },
  },
  create: ({ config: { behaviour }, telemetry }) => ({
    start() {
      setImmediate(() => {
        if (behaviour === 'fatal') telemetry.status.fatalError(new Error('the listener died'))
        if (behaviour === 'throw') throw new TypeError('a bug')
        if (behaviour === 'reject') void Promise.reject(new TypeError('a bug'))
      })
      if (behaviour === 'leak' || behaviour === 'hang') setInterval(() => undefined, 1000)
      return Promise.resolve()
    },
    shutdown: () => (behaviour === 'hang' ? new Promise(() => undefined) : Promise.resolve()),
  }),
})

const registry = createRegistry([...defaultRegistry.entries, entryOf(scripted)])

async function start(): Promise<void> {
  process.exitCode = await main({ ...processContext(), registry })
  setTimeout(() => process.exit(), 1000).unref()
}

void start()
