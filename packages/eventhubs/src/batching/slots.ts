/** A number of places; who finds none free waits in line. */
export interface Slots {
  /** Resolves with a function that frees the place; rejects with the signal's reason when it aborts first. */
  take(signal: AbortSignal): Promise<() => void>
  readonly taken: number
}

/** Bounds how much happens at the same time. */
export function createSlots(count: number): Slots {
  const waiting = new Set<() => void>()
  let taken = 0

  const occupy = (): (() => void) => {
    taken++
    let freed = false
    return () => {
      if (freed) return
      freed = true
      taken--
      const [next] = waiting
      if (next === undefined) return
      waiting.delete(next)
      next()
    }
  }

  return {
    take(signal) {
      if (signal.aborted) return Promise.reject(toError(signal.reason))
      if (taken < count) return Promise.resolve(occupy())
      return new Promise((resolve, reject) => {
        const onAbort = (): void => {
          waiting.delete(enter)
          reject(toError(signal.reason))
        }
        const enter = (): void => {
          signal.removeEventListener('abort', onAbort)
          resolve(occupy())
        }
        waiting.add(enter)
        signal.addEventListener('abort', onAbort, { once: true })
      })
    },
    get taken() {
      return taken
    },
  }
}

const toError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error('Aborted.'))
