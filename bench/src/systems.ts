import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import {
  findOtelcol,
  freePort,
  peerMissing,
  startOtelcol,
  startProcess,
  type RunningProcess,
} from '@spanloom/interop'

/** A process under test, with the addresses that it listens on. */
export interface SystemUnderTest extends AsyncDisposable {
  readonly name: string
  readonly pid: number
  /** `host:port` of OTLP/gRPC. */
  readonly grpc: string
}

const cli = fileURLToPath(new URL('../../packages/collector/src/cli.ts', import.meta.url))

/** What the first line of the command gives Node.js; here the file is run by its path. */
const commandArgs = ['--max-semi-space-size=8']

/** Starts the `spanloom` command with a configuration and waits until it is ready. */
export async function startSpanloom(
  config: string,
  nodeArgs: readonly string[] = [],
): Promise<RunningProcess> {
  const dir = await mkdtemp(join(tmpdir(), 'spanloom-bench-'))
  const file = join(dir, 'pipeline.yaml')
  await writeFile(file, config)
  return startProcess({
    command: process.execPath,
    args: [...commandArgs, ...nodeArgs, cli, '--config', file],
    cwd: dir,
    ready: /Everything is ready/,
  })
}

const system = (name: string, grpc: string, running: RunningProcess): SystemUnderTest => ({
  name,
  pid: running.pid,
  grpc,
  async [Symbol.asyncDispose]() {
    await running.stop({ signal: 'SIGTERM', timeoutMs: 20_000 }).catch(() => undefined)
  },
})

/** The configuration that Spanloom and the real Collector both run: OTLP in, queue, OTLP out. */
const passThroughConfig = (
  listen: string,
  destination: string,
  processors: PassThroughProcessors,
): string => `
receivers:
  otlp:
    protocols:
      grpc:
        endpoint: ${listen}
        max_recv_msg_size_mib: 64
${processors.settings}
exporters:
  otlp_grpc:
    endpoint: ${destination}
    compression: none
    tls: { insecure: true }
    sending_queue: { queue_size: 200, block_on_overflow: true }
service:
  pipelines:
    traces: { receivers: [otlp], processors: [${processors.list}], exporters: [otlp_grpc] }
  telemetry:
    logs: { level: warn }
    metrics: { level: none }
`

interface PassThroughProcessors {
  readonly settings: string
  readonly list: string
}

const none: PassThroughProcessors = { settings: '', list: '' }
const attribute: PassThroughProcessors = {
  settings: `processors:
  attributes:
    actions:
      - { key: deployment.region, value: eu-central-1, action: upsert }`,
  list: 'attributes',
}

/** Spanloom with the pass-through pipeline; logs tell when it is ready, so its level is `info`. */
export async function spanloomPassThrough(sinkPort: number, withAttribute = false): Promise<SystemUnderTest> {
  const listen = `127.0.0.1:${await freePort()}`
  const config = passThroughConfig(listen, `127.0.0.1:${sinkPort}`, withAttribute ? attribute : none)
  const running = await startSpanloom(config.replace('level: warn', 'level: info'))
  return system(withAttribute ? 'Spanloom, one attribute added' : 'Spanloom', listen, running)
}

/** The real Collector with the same file, or the reason why it cannot take part. */
export async function otelcolPassThrough(sinkPort: number): Promise<SystemUnderTest | string> {
  if ((await findOtelcol()) === undefined) return peerMissing('otelcol')
  const listen = `127.0.0.1:${await freePort()}`
  const dir = await mkdtemp(join(tmpdir(), 'spanloom-bench-'))
  const config = passThroughConfig(listen, `127.0.0.1:${sinkPort}`, none).replace(
    'level: warn',
    'level: info',
  )
  return system('OpenTelemetry Collector (Go)', listen, await startOtelcol({ config, dir }))
}

/** The decode-encode variant with generated protobuf code. */
export async function plainPassThrough(sinkPort: number): Promise<SystemUnderTest> {
  const running = await startProcess({
    command: process.execPath,
    args: [fileURLToPath(new URL('plain-collector.ts', import.meta.url)), String(sinkPort)],
    ready: /ready on (\d+)/,
  })
  return system('plain decode and encode (protobufjs)', `127.0.0.1:${running.ready[1]}`, running)
}
