import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { findOtelcol } from './otelcol-binary.ts'
import { peerMissing } from './peers.ts'
import { type RunningProcess, startProcess } from './process.ts'

export interface StartOtelcolOptions {
  /** The Collector's configuration, as YAML. */
  readonly config: string
  /** Existing folder that takes the configuration file and is the working directory. */
  readonly dir: string
  /** Default: what {@link findOtelcol} finds. */
  readonly binary?: string
  /** Laid over the environment of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

// The default is a listener on a fixed port, which two Collectors cannot both have.
const noOwnMetrics = 'yaml:service::telemetry::metrics::level: none'

/**
 * Starts a Collector and resolves once it says that everything is ready. Its own metrics are off
 * unless the configuration sets `service::telemetry::metrics::level`.
 */
export async function startOtelcol({
  config,
  dir,
  binary,
  env = {},
}: StartOtelcolOptions): Promise<RunningProcess> {
  const command = binary ?? (await findOtelcol())
  if (command === undefined) throw new Error(peerMissing('otelcol'))
  const file = join(dir, `otelcol-${randomUUID()}.yaml`)
  await writeFile(file, config)
  return startProcess({
    command,
    args: ['--config', noOwnMetrics, '--config', file],
    cwd: dir,
    env,
    ready: /Everything is ready/,
    readyOn: 'stderr',
  })
}
