import type { CollectorConfig } from '@spanloom/core'

/** Where the quickstart's collector can be reached, as its configuration says. */
export interface Addresses {
  readonly invictus: string
  readonly otlp: string
  readonly health: string
  readonly metrics: string
  /** File of the assembled traces. */
  readonly tracesFile: string
}

export function addressesOf(config: CollectorConfig): Addresses {
  const { receivers, exporters, extensions, service } = config
  const metrics = ['metrics', 'readers', 0, 'pull', 'exporter', 'prometheus']
  const host = textAt(service.telemetry, [...metrics, 'host'])
  return {
    invictus: textAt(receivers.get('invictus')?.config, ['http', 'endpoint']),
    otlp: textAt(receivers.get('otlp')?.config, ['protocols', 'http', 'endpoint']),
    health: textAt(extensions.get('health_check')?.config, ['endpoint']),
    metrics: `${host}:${textAt(service.telemetry, [...metrics, 'port'])}`,
    tracesFile: textAt(exporters.get('file')?.config, ['path']),
  }
}

function textAt(value: unknown, path: readonly (string | number)[]): string {
  let found = value
  for (const key of path) found = isRecord(found) ? found[key] : undefined
  if (typeof found === 'string' || typeof found === 'number') return String(found)
  throw new TypeError(`The quickstart’s configuration has nothing at ${path.join('::')}.`)
}

const isRecord = (value: unknown): value is Record<string | number, unknown> =>
  typeof value === 'object' && value !== null
