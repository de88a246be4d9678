import { parentPort } from 'node:worker_threads'

import type { Clock } from '@spanloom/core'

import type { ToThread } from './messages.ts'
import { StorageThread } from './storage-thread.ts'

/** The thread imports nothing of `@spanloom/core` but types, so that it starts within milliseconds. */
const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMs, run) {
    const timer = setTimeout(run, delayMs)
    return { cancel: () => clearTimeout(timer) }
  },
}

const port = parentPort
if (port !== null) {
  const thread = new StorageThread({
    clock,
    defer: (run) => void setImmediate(run),
    post: (message, transfer) => port.postMessage(message, transfer),
  })
  port.on('message', (message: ToThread) => thread.receive(message))
}
