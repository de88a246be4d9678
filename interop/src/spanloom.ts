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

/** The file that the `spanloom` command runs. */
export const spanloomCommand: string = fileURLToPath(
  new URL('../../packages/collector/src/cli.ts', import.meta.url),
)

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

/** Starts the `spanloom` command as its users do and resolves once it says that everything is ready. */
export async function startSpanloom({ config, dir }: StartSpanloomOptions): Promise<RunningProcess> {
  const file = join(dir, `spanloom-${randomUUID()}.yaml`)
  await writeFile(file, JSON.stringify(config))
  return startProcess({
    command: process.execPath,
    args: [spanloomCommand, ...quiet, '--config', file],
    cwd: dir,
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
