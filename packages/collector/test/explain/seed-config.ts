import { commandAnswer, seedExamples } from './seed-examples.ts'

/** Ports of the receivers, and of those whom they talk to. */
export interface SeedPorts {
  readonly invictus: number
  readonly valuestream: number
  readonly cloudevents: number
  readonly relay: number
  readonly orchest: number
  readonly tapSockets: number
  readonly tapCallbacks: number
  readonly bridgeCallbacks: number
  /** The provider of commands. */
  readonly provider: number
  /** The provider behind the tap. */
  readonly tapProvider: number
  /** The integrator's API, and the consumer of relayed events. */
  readonly api: number
  readonly hubs: number
  readonly backend: number
}

/** Secret of all senders that sign. */
export const seedSecret = 'known-to-the-senders'

const local = (port: number): string => `127.0.0.1:${port}`

/** Every source in one configuration, with the examples as its tests. */
export function seedConfig(ports: SeedPorts): object {
  const connection = `Endpoint=sb://${local(ports.hubs)};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true`
  const hub = (name: string): object => ({ connection, event_hub: { name } })
  const callback = { url: `http://${local(ports.provider)}/callback/{operation}` }
  const quick = { settle: '1s', start_wait: '1s' }
  const assembled = ['invictus', 'invictus/hub', 'valuestream', 'orchest']
  const whole = ['websocket/bridge', 'websocket/tap', 'cloudevents', 'cloudevents/relay', 'cloudevents/hub']
  return {
    receivers: {
      invictus: { http: { endpoint: local(ports.invictus) } },
      'invictus/hub': { event_hub: hub('flows') },
      valuestream: {
        endpoint: local(ports.valuestream),
        sources: {
          github: { secret: seedSecret },
          gitlab: {},
          jenkins: {},
          jira: {},
          customhttp: {},
        },
      },
      cloudevents: { http: { endpoint: local(ports.cloudevents) } },
      'cloudevents/relay': {
        http: { endpoint: local(ports.relay) },
        mode: 'relay',
        relay: { url: `http://${local(ports.api)}/events` },
      },
      'cloudevents/hub': { event_hub: hub('events') },
      orchest: { endpoint: local(ports.orchest), webhook: { secret: seedSecret }, relay: {} },
      'websocket/bridge': {
        connections: [{ url: `ws://${local(ports.provider)}/restaurantEntryPoint`, tenant: 'resto-1' }],
        forward: { url: `http://${local(ports.api)}/commands/{operation}` },
        callback: { ...callback, proxy: local(ports.bridgeCallbacks) },
      },
      'websocket/tap': {
        mode: 'tap',
        listen: { endpoint: local(ports.tapSockets) },
        upstream: `ws://${local(ports.tapProvider)}`,
        callback: { ...callback, proxy: local(ports.tapCallbacks) },
      },
    },
    processors: {
      span_assembly: { profiles: { invictus: quick, valuestream: quick, orchest: quick } },
      resource: { attributes: [{ key: 'deployment.environment.name', value: 'test', action: 'insert' }] },
    },
    exporters: { otlp_http: { endpoint: `http://${local(ports.backend)}` } },
    extensions: {
      local_event_hubs: {
        port: ports.hubs,
        hubs: ['flows', 'events'].map((name) => ({ name, partitions: 1 })),
      },
    },
    service: {
      extensions: ['local_event_hubs'],
      pipelines: {
        'traces/assembled': {
          receivers: assembled,
          processors: ['span_assembly', 'resource'],
          exporters: ['otlp_http'],
        },
        'traces/whole': { receivers: whole, processors: ['resource'], exporters: ['otlp_http'] },
      },
      telemetry: { metrics: { level: 'none' }, logs: { level: 'info' } },
    },
    tests: seedExamples.map(({ name, input }) => ({
      name,
      advance: '5s',
      input,
      answers: [
        {
          url: `http://${local(ports.api)}/commands/`,
          headers: { 'content-type': 'application/json' },
          body: commandAnswer,
        },
      ],
    })),
  }
}
