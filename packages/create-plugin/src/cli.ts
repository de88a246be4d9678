#!/usr/bin/env node
import { Command, CommanderError } from 'commander'

import { addCreatePlugin } from './command.ts'
import { spanloomVersion } from './tool-versions.ts'

async function start(): Promise<void> {
  const program = new Command('create-spanloom-plugin')
    .version(`create-spanloom-plugin version ${spanloomVersion}`, '-v, --version', 'print the version')
    .configureOutput({ writeErr: () => undefined })
    .exitOverride()
  addCreatePlugin(
    program,
    {
      stdout: process.stdout,
      interactive: process.stdin.isTTY && process.stdout.isTTY,
      cwd: process.cwd(),
      now: () => Date.now(),
    },
    async (work) => void (process.exitCode = await work()),
  )
  try {
    await program.parseAsync()
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return
    const message = error instanceof Error ? error.message.replace(/^error: /, '') : String(error)
    process.stderr.write(`Error: ${message}\n`)
    process.exitCode = 1
  }
}

void start()
