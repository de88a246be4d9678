import {
  type ConfigOf,
  defineExtension,
  type Extension,
  type ExtensionFactory,
  messageOf,
  StartError,
} from '@spanloom/core'
import type { LocalEventHubs } from '@spanloom/eventhubs/local'

/** `local_event_hubs` while it runs. */
export interface LocalEventHubsExtension extends Extension {
  /** Where it listens; `undefined` before the start. */
  readonly address: { readonly host: string; readonly port: number } | undefined
}

const settings = {
  host: { type: 'string', minLength: 1, default: '127.0.0.1', description: 'Address to listen on.' },
  port: {
    type: 'integer',
    minimum: 0,
    maximum: 65_535,
    default: 5672,
    description: 'Port for AMQP; `0` for any that is free.',
  },
  key: {
    type: 'string',
    minLength: 1,
    secret: true,
    default: 'SAS_KEY_VALUE',
    description: 'Key of the policy `RootManageSharedAccessKey`.',
  },
  hubs: {
    type: 'array',
    minItems: 1,
    description: 'The event hubs.',
    items: {
      type: 'object',
      properties: {
        name: { type: 'string', minLength: 1, description: 'Name of the hub.' },
        partitions: {
          type: 'integer',
          minimum: 1,
          maximum: 1024,
          default: 4,
          description: 'How many partitions it has.',
        },
        consumer_groups: {
          type: 'array',
          items: { type: 'string', minLength: 1 },
          default: [],
          description: 'Groups beside `$Default`.',
        },
        retention: {
          type: 'integer',
          minimum: 1,
          default: 1_000_000,
          description: 'Events that a partition keeps; the oldest go first.',
        },
      },
      required: ['name'],
      additionalProperties: false,
    },
  },
} as const

type Settings = ConfigOf<{
  readonly type: 'object'
  readonly properties: typeof settings
  readonly required: readonly ['hubs']
}>

/**
 * Runs the stand-in for Azure Event Hubs beside the pipelines: for trying things out and for tests. It is a
 * development tool, its events are in memory only (`eventhubs.md` chapter 8).
 */
export const localEventHubsExtension: ExtensionFactory<LocalEventHubsExtension> = defineExtension({
  type: 'local_event_hubs',
  stability: 'development',
  description:
    'A stand-in for Azure Event Hubs on this machine, for development and tests: its events are in memory only.',
  // The port is its own: another instance can only follow.
  overlaps: false,
  schema: { type: 'object', properties: settings, required: ['hubs'], additionalProperties: false },
  create({ config, telemetry }) {
    let running: LocalEventHubs | undefined
    return {
      get address() {
        return running && { host: running.host, port: running.port }
      },
      async start() {
        running = await started(config)
        telemetry.logger.warn(
          'A stand-in for Azure Event Hubs runs: a development tool, its events are gone when it stops.',
          { host: running.host, port: running.port, hubs: config.hubs.map(({ name }) => name) },
        )
      },
      async shutdown() {
        const stopping = running
        running = undefined
        await stopping?.close()
      },
    }
  },
})

async function started({ host, port, key, hubs }: Settings): Promise<LocalEventHubs> {
  const { startLocalEventHubs } = await import('@spanloom/eventhubs/local')
  try {
    return await startLocalEventHubs({
      host,
      port,
      key,
      hubs: hubs.map(({ consumer_groups: consumerGroups, ...hub }) => ({ ...hub, consumerGroups })),
    })
  } catch (cause) {
    throw new StartError('HUB_NOT_LOCAL', `The stand-in cannot start: ${messageOf(cause)}`, {
      cause,
      hint: 'Give it another port; settings that name it need the same.',
    })
  }
}
