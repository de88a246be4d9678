import { getAsset, isSea } from 'node:sea'
import { Worker } from 'node:worker_threads'

const name = 'spanloom-storage'

/**
 * Starts the storage thread. Where its code lies is told here and nowhere else: inside the executable in the
 * single-file binary, and otherwise beside this file, as TypeScript in the sources and as JavaScript in a build.
 */
export function startWorker(): Worker {
  if (isSea()) return new Worker(getAsset('storage-thread.cjs', 'utf8'), { eval: true, name })
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new Worker(new URL(`../thread/worker.${extension}`, import.meta.url), { name })
}
