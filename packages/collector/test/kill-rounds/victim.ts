import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { type CliProcess, freePort, startCli } from '../process.ts'
import type { Door } from './delivery.ts'

/** The process that is killed again and again: its addresses and its files stay the same. */
export interface Victim {
  readonly doors: Readonly<Record<Door, string>>
  readonly admin: string
  /** Starts one with the last configuration that can be used. */
  start(): Promise<CliProcess>
  /** Writes its configuration with other settings; every fifth one cannot be used. */
  change(index: number): Promise<void>
}

const address = async (): Promise<string> => `127.0.0.1:${await freePort()}`

export async function prepareVictim(folder: string, backend: string): Promise<Victim> {
  const doors = { otlp_grpc: await address(), otlp_http: await address(), invictus: await address() }
  const admin = await address()
  const file = join(folder, 'pipeline.yaml')
  const write = (config: object): Promise<void> => writeFile(file, JSON.stringify(config, undefined, 2))
  let good = configOf(0, folder, backend, doors, admin)
  return {
    doors,
    admin: `http://${admin}`,
    async start() {
      await write(good)
      return startCli(['--config', file])
    },
    async change(index) {
      if (index % 5 === 4) return write({ ...good, exporters: {} })
      good = configOf(index, folder, backend, doors, admin)
      await write(good)
    },
  }
}

/** Each part of the configuration changes at its own pace, so that a reload restarts now this, now that. */
function configOf(
  index: number,
  directory: string,
  endpoint: string,
  doors: Readonly<Record<Door, string>>,
  admin: string,
): object {
  const settle = `${150 + 10 * (index % 3)}ms`
  return {
    receivers: {
      otlp: {
        protocols: {
          grpc: { endpoint: doors.otlp_grpc },
          http: { endpoint: doors.otlp_http, include_metadata: index % 2 === 0 },
        },
      },
      invictus: { http: { endpoint: doors.invictus, path: '/' } },
    },
    processors: {
      span_assembly: {
        storage: 'file_storage',
        // However long the rounds take, an end still waits for its start.
        profiles: { default: { settle, start_wait: '24h' }, invictus: { settle, start_wait: '24h' } },
      },
    },
    exporters: {
      otlp_http: {
        endpoint,
        timeout: `${5 + (Math.floor(index / 4) % 2)}s`,
        retry_on_failure: { initial_interval: '30ms', max_interval: '200ms', max_elapsed_time: 0 },
        sending_queue: { storage: 'file_storage', queue_size: 10_000 },
      },
    },
    extensions: {
      file_storage: { directory, min_free_disk: 0, ballast: 0 },
      admin: { endpoint: admin },
    },
    service: {
      extensions: ['file_storage', 'admin'],
      shutdown_timeout: '3s',
      telemetry: { metrics: { level: 'none' } },
      pipelines: {
        traces: {
          receivers: ['otlp', 'invictus'],
          processors: ['span_assembly'],
          exporters: ['otlp_http'],
        },
      },
    },
  }
}
