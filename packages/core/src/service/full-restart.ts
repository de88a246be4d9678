import type { Acceptors } from '../net/acceptors.ts'
import type { Generation } from './generation.ts'
import type { Limit } from './partial-reload.ts'

/** How everything is restarted. */
export interface RestartOptions {
  readonly old: Generation
  readonly fresh: Generation
  /** Makes the old generation once more. */
  readonly again: () => Promise<Generation>
  readonly acceptors: Acceptors
  readonly limit: Limit
  /** Ends waiting for starts. */
  readonly signal: AbortSignal
}

/** What runs after a restart. */
export interface Restarted {
  readonly generation: Generation
  /** Why it is the old configuration that runs. */
  readonly failure?: unknown
  /** Why that one does not run either. */
  readonly disaster?: unknown
}

/**
 * Stops one generation and starts another, or the old one once more if the new one does not start. Listening sockets
 * stay open meanwhile. Extensions that listen are left for {@link retireRest}, so that whoever asked for the reload
 * through one of them gets an answer.
 */
export async function restartEverything(options: RestartOptions): Promise<Restarted> {
  const { old, fresh, again, acceptors, limit, signal } = options
  acceptors.park()
  old.leave(true)
  old.tell('notReady')
  await limit((limited) => old.stopPipelines(limited))
  await limit((limited) => old.stopExtensions(limited, ({ host }) => !host.listens))
  await limit((limited) => flush(old, limited))
  try {
    await fresh.start(signal)
    fresh.tell('ready')
    return { generation: fresh }
  } catch (failure) {
    await limit((limited) => fresh.stopPipelines(limited))
    await limit((limited) => fresh.stopExtensions(limited))
    fresh.forget()
    await limit((limited) => flush(fresh, limited))
    fresh.around.telemetry.close()
    return await restore(old, again, failure)
  } finally {
    acceptors.settle()
  }
}

async function restore(
  old: Generation,
  again: () => Promise<Generation>,
  failure: unknown,
): Promise<Restarted> {
  let generation = old
  try {
    generation = await again()
    await generation.start()
    generation.tell('ready')
    return { generation, failure }
  } catch (disaster) {
    return { generation, failure, disaster }
  }
}

/** Stops what {@link restartEverything} has left. */
export async function retireRest(old: Generation, limit: Limit): Promise<void> {
  await limit((limited) => old.stopExtensions(limited, ({ host }) => host.listens))
  old.forget()
  old.around.telemetry.close()
}

/** Sends what is left of own telemetry, for as long as somebody waits. */
export async function flush({ around: { telemetry } }: Generation, signal: AbortSignal): Promise<void> {
  const { promise: aborted, resolve } = Promise.withResolvers<void>()
  if (signal.aborted) resolve()
  signal.addEventListener('abort', () => resolve(), { once: true })
  await Promise.race([telemetry.flush(), aborted])
}
