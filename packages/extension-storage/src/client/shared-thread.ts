import { startWorker } from './start-worker.ts'
import { ThreadClient } from './thread-client.ts'

/** Use of the storage thread until it is released. */
export interface ThreadLease {
  readonly thread: ThreadClient
  /** Ends the thread if nobody else uses it. Safe to call twice. */
  release(): Promise<void>
}

interface Shared {
  readonly thread: ThreadClient
  users: number
}

/** One thread for the process: several would only compete for the disk. */
let shared: Shared | undefined

/** Starts the thread or joins those who use it. */
export function leaseThread(): ThreadLease {
  if (shared === undefined || shared.thread.isDead)
    shared = { thread: new ThreadClient(startWorker()), users: 0 }
  const mine = shared
  mine.users++
  let released = false
  return {
    thread: mine.thread,
    async release() {
      if (released) return
      released = true
      mine.users--
      if (mine.users > 0) return
      if (shared === mine) shared = undefined
      await mine.thread.terminate()
    },
  }
}
