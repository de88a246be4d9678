import { randomUUID } from 'node:crypto'

import type { BuildInfo } from '../component/options.ts'

/** Who this collector is, in its metrics, traces and log lines (LOG-03). */
export type ResourceAttributes = Readonly<Record<string, string>>

/**
 * The defaults with `service.telemetry.resource` laid over them; null takes an attribute away. `instanceId` is for as
 * long as the process lives, also when its own telemetry is set up anew.
 */
export function ownResource(
  build: BuildInfo,
  settings: Readonly<Record<string, unknown>>,
  instanceId: string = randomUUID(),
): ResourceAttributes {
  const attributes = new Map<string, string>([
    ['service.name', build.command],
    ['service.version', build.version],
  ])
  if (!Object.hasOwn(settings, 'service.instance.id')) attributes.set('service.instance.id', instanceId)
  for (const [name, value] of Object.entries(settings)) {
    if (value === null || value === undefined) attributes.delete(name)
    else if (name !== '__proto__')
      attributes.set(name, typeof value === 'string' ? value : JSON.stringify(value))
  }
  return Object.fromEntries(attributes)
}
