import { setTimeout as elapse } from 'node:timers/promises'

import { quietMs } from './waiting.ts'

const emitter: NodeJS.EventEmitter = process
const events = ['uncaughtException', 'unhandledRejection'] as const

/**
 * Runs `work` and lists the errors that nobody caught meanwhile and in the moment after: what timers and event
 * handlers threw, and rejections without a handler. Each of them would end a collector.
 */
export async function escapedDuring(work: () => Promise<void>): Promise<readonly unknown[]> {
  const escaped: unknown[] = []
  const collect = (error: unknown): void => void escaped.push(error)
  // A test runner listens as well and would blame the whole file.
  const others = events.map((event) => [event, process.rawListeners(event)] as const)
  for (const event of events) emitter.removeAllListeners(event).on(event, collect)
  try {
    await work()
    await elapse(quietMs)
  } finally {
    for (const [event, listeners] of others) {
      emitter.removeAllListeners(event)
      // They were taken from this very event.
      for (const listener of listeners) emitter.on(event, listener as (...args: unknown[]) => void)
    }
  }
  return escaped
}

/** Lets an error reach nobody, as one that a timer of the real clock throws. */
export function throwToNobody(error: unknown): void {
  setImmediate(() => {
    throw error
  })
}
