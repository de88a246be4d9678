#!/usr/bin/env -S node --max-semi-space-size=8
import { enableCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'

// Message bodies live outside the heap. By default V8 answers their growth with full collections of a small heap,
// which cost more than half of the processor time of a pipeline that only passes spans on.
setFlagsFromString('--external-memory-accounted-in-global-limit')
// A sidecar has to stay small: together with the small young generation of the first line, this halves what memory
// the process keeps beyond what it needs, for about a fifth more processor time.
setFlagsFromString('--heap-growing-percent=50')

// Before everything else, so that all that follows is taken from the cache.
enableCompileCache()

/** How long a handle that something left open may keep the process alive after its work is done. */
const lingerMs = 1000

async function start(): Promise<void> {
  const [{ main }, { processContext }] = await Promise.all([import('./main.ts'), import('./cli-context.ts')])
  process.exitCode = await main(processContext())
  // One Ctrl-C too many must not replace the exit code by the signal's.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => undefined)
  setTimeout(() => process.exit(), lingerMs).unref()
}

void start()
