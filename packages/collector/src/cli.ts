#!/usr/bin/env -S node --max-semi-space-size=8
import { enableCompileCache } from 'node:module'

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
