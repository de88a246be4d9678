/** Runs work of one lane one after the other, in the order of the calls; lanes do not wait for each other. */
export interface Lanes {
  run(lane: string, work: () => Promise<void>): Promise<void>
  /** Lanes with work. */
  readonly size: number
}

/** Keeps the order of events that share a key, also across calls. A failure of one work does not stop the next. */
export function createLanes(): Lanes {
  const tails = new Map<string, Promise<void>>()
  return {
    run(lane, work) {
      const before = tails.get(lane)
      const done = before === undefined ? work() : before.then(work)
      const tail = settled(done).finally(() => {
        if (tails.get(lane) === tail) tails.delete(lane)
      })
      tails.set(lane, tail)
      return done
    },
    get size() {
      return tails.size
    },
  }
}

const settled = async (work: Promise<void>): Promise<void> => {
  await Promise.allSettled([work])
}
