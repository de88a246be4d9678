import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { temporaryFolder } from './example-run.ts'
import { freePort, readySentence, startCli, type CliProcess } from './process.ts'

/** A `spanloom` process whose configuration is one file that a test writes anew. */
export interface Reloading extends AsyncDisposable {
  readonly cli: CliProcess
  readonly file: string
  readonly admin: string
  /** Writes the configuration without telling anybody. */
  write(config: object | string): Promise<void>
  /** Writes it and asks for a reload; resolves with status and body of the answer. */
  reload(config: object | string): Promise<{ readonly status: number; readonly body: ReloadAnswer }>
}

export interface ReloadAnswer {
  readonly outcome: 'success' | 'failure'
  readonly message?: string
  readonly restarted?: readonly string[]
  readonly started?: readonly string[]
  readonly stopped?: readonly string[]
  readonly everything?: boolean
  readonly issues?: readonly { readonly line?: number; readonly code: string; readonly message: string }[]
}

/** Starts one with the admin server; `config` lacks only that. */
export async function startReloading(config: object, args: readonly string[] = []): Promise<Reloading> {
  const folder = await temporaryFolder()
  const file = join(folder.path, 'pipeline.yaml')
  const port = await freePort()
  const write = (next: object | string): Promise<void> =>
    writeFile(file, typeof next === 'string' ? next : JSON.stringify(next, undefined, 2))
  await write(config)
  const cli = startCli([
    '--config',
    file,
    `--set=extensions.admin.endpoint=127.0.0.1:${port}`,
    '--set=service.telemetry.logs.sampling.enabled=false',
    ...args,
  ])
  await cli.waitFor(readySentence)
  const admin = `http://127.0.0.1:${port}`
  return {
    cli,
    file,
    admin,
    write,
    async reload(next) {
      await write(next)
      const answer = await fetch(`${admin}/-/reload`, { method: 'POST' })
      return { status: answer.status, body: (await answer.json()) as ReloadAnswer }
    },
    async [Symbol.asyncDispose]() {
      await cli[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}

/** A pipeline from OTLP to OTLP with the admin server, as data. */
export function otlpPipeline(
  receiver: string,
  backend: string,
  more: { readonly receiver?: object; readonly exporter?: object; readonly telemetry?: object } = {},
): PipelineData {
  return {
    receivers: { otlp: { protocols: { http: { endpoint: receiver, ...more.receiver } } } },
    processors: {},
    exporters: { otlp_http: { endpoint: backend, compression: 'none', ...more.exporter } },
    connectors: {},
    service: {
      extensions: ['admin'],
      telemetry: { metrics: { level: 'none' }, ...more.telemetry },
      pipelines: { traces: { receivers: ['otlp'], processors: [], exporters: ['otlp_http'] } },
    },
  }
}

export interface PipelineData {
  readonly receivers: Record<string, object>
  readonly processors: Record<string, object>
  readonly exporters: Record<string, object>
  readonly connectors: Record<string, object>
  readonly service: {
    readonly extensions: readonly string[]
    readonly telemetry: object
    readonly pipelines: Record<
      string,
      {
        readonly receivers: readonly string[]
        readonly processors: readonly string[]
        readonly exporters: readonly string[]
      }
    >
  }
}
