import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { type RunningProcess, startProcess } from './process.ts'

export interface StartSpanloomOptions {
  /** The pipeline file, as data. */
  readonly config: object
  /** Existing folder that takes the pipeline file and is the working directory. */
  readonly dir: string
}

const command = fileURLToPath(new URL('../../packages/collector/src/cli.ts', import.meta.url))

/**
 * Arguments ahead of every configuration, which may say otherwise: own metrics would all listen on one port, and
 * sampling would leave out the lines that tell where many receivers listen.
 */
const quiet = [
  '--config',
  'yaml:service::telemetry::metrics::level: none',
  '--config',
  'yaml:service::telemetry::logs::sampling::enabled: false',
]

/** What Node is called with to run the `spanloom` command; writes the pipeline file. */
export async function spanloomArguments({ config, dir }: StartSpanloomOptions): Promise<readonly string[]> {
  const file = join(dir, `spanloom-${randomUUID()}.yaml`)
  await writeFile(file, JSON.stringify(config))
  return [command, ...quiet, '--config', file]
}

/** Starts the `spanloom` command as its users do and resolves once it says that everything is ready. */
export async function startSpanloom(options: StartSpanloomOptions): Promise<RunningProcess> {
  return startProcess({
    command: process.execPath,
    args: await spanloomArguments(options),
    cwd: options.dir,
    ready: /Everything is ready/,
    readyOn: 'stderr',
  })
}

/** `host:port` where a receiver of a running command listens, as its log line says. */
export function addressOf(spanloom: RunningProcess, receiver: string, protocol: 'HTTP' | 'GRPC'): string {
  const line = spanloom
    .stderr()
    .split('\n')
    .find(
      (each) =>
        each.includes(`Starting ${protocol} server`) && each.includes(`"otelcol.component.id":"${receiver}"`),
    )
  const address = /"endpoint":"([^"]+)"/.exec(line ?? '')?.[1]
  if (address === undefined) throw new Error(`Receiver ${receiver} does not listen for ${protocol}.`)
  return address
}
