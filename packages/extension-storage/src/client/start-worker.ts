import { Worker } from 'node:worker_threads'

/**
 * Starts the storage thread. Where its code lies is told here and nowhere else: beside this file, as TypeScript in the
 * sources and as JavaScript in a build. A bundle replaces this file.
 */
export function startWorker(): Worker {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new Worker(new URL(`../thread/worker.${extension}`, import.meta.url), { name: 'spanloom-storage' })
}
