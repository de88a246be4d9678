import { once } from 'node:events'

import { SpanloomError } from '@spanloom/core'
import type { HubOptions, LocalEventHubs, LocalEventHubsOptions } from '@spanloom/eventhubs/local'
import { type Command, InvalidArgumentError } from 'commander'

import type { CliContext } from '../cli-context.ts'
import { countOf, portOf, stopSignal } from './eventhub-flags.ts'
import type { Verb } from './verb.ts'

interface Flags {
  readonly hub: readonly HubOptions[]
  readonly consumerGroup: readonly string[]
  readonly host: string
  readonly port: number
  readonly websocketPort?: number
  readonly kafkaPort?: number
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly keyFile?: string
  readonly retention?: number
}

/** The key that everybody who starts the official emulator uses, so that its settings work here as they are. */
const emulatorKey = 'SAS_KEY_VALUE'

/** `spanloom eventhub serve`: the stand-in until Ctrl-C. */
export function addEventhubServe(
  eventhub: Command,
  context: CliContext,
  act: Parameters<Verb['define']>[2],
): void {
  eventhub
    .command('serve')
    .description(
      'Run a stand-in for Azure Event Hubs on this machine: a development tool, events are in memory.',
    )
    .option('--hub <name:partitions>', 'a hub, such as flows or flows:4; may be repeated', addHub, [])
    .option('--consumer-group <name>', 'a group beside $Default in all hubs; may be repeated', addText, [])
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port for AMQP, 0 for any that is free', portOf, 5672)
    .option('--websocket-port <number>', 'port for AMQP over WebSocket (default: none)', portOf)
    .option('--kafka-port <number>', 'port for Kafka clients (default: none)', portOf)
    .option('--tls-cert <path>', 'certificate (PEM); with it all ports speak TLS')
    .option('--tls-key <path>', 'key of the certificate (PEM)')
    .option('--key-file <path>', `file with the key of the policy (default: the key "${emulatorKey}")`)
    .option('--retention <count>', 'events that a partition keeps (default: 1000000)', countOf)
    .action((flags: Flags) => act(() => serve(flags, context)))
}

async function serve(flags: Flags, context: CliContext): Promise<number> {
  const { startLocalEventHubs } = await import('@spanloom/eventhubs/local')
  using stop = stopSignal(context.events)
  const options = await optionsOf(flags, context)
  await using hubs = await startLocalEventHubs(options).catch((error: unknown) =>
    Promise.reject(startError(error)),
  )
  const { stdout, stderr } = context
  stderr.write(`${warning}\n`)
  if (flags.keyFile === undefined && !isLoopback(flags.host)) stderr.write(`${openWarning}\n`)
  stdout.write(greeting(hubs, hubsOf(flags)))
  if (!stop.signal.aborted) await once(stop.signal, 'abort')
  return 0
}

function startError(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'EADDRINUSE') return error
  return new SpanloomError('PORT_TAKEN', `the stand-in cannot listen: ${error.message}`, {
    hint: 'Give another --port, or 0 for any that is free.',
    cause: error,
  })
}

const warning =
  'This is a development tool, not Azure Event Hubs: events are kept in memory and are gone when it stops.'
const openWarning =
  'WARNING: it listens beyond this machine with a key that everybody knows; give --key-file a key of your own.'

async function optionsOf(flags: Flags, context: CliContext): Promise<LocalEventHubsOptions> {
  const { host, port, websocketPort, kafkaPort, tlsCert, tlsKey, keyFile } = flags
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new SpanloomError('TLS_INCOMPLETE', '--tls-cert and --tls-key go together')
  }
  const text = async (path: string): Promise<string> =>
    Buffer.from(await context.readFile(path)).toString('utf8')
  const key = keyFile === undefined ? emulatorKey : (await text(keyFile)).trim()
  if (key === '') throw new SpanloomError('KEY_EMPTY', `the file of --key-file is empty: ${keyFile}`)
  return {
    hubs: hubsOf(flags),
    host,
    port,
    key,
    ...(websocketPort !== undefined && { webSocketPort: websocketPort }),
    ...(kafkaPort !== undefined && { kafkaPort }),
    ...(tlsCert !== undefined &&
      tlsKey !== undefined && { tls: { cert: await text(tlsCert), key: await text(tlsKey) } }),
  }
}

function hubsOf({ hub, consumerGroup, retention }: Flags): readonly HubOptions[] {
  const named = hub.length > 0 ? hub : [{ name: 'events' }]
  return named.map((one) => ({
    ...one,
    consumerGroups: consumerGroup,
    ...(retention !== undefined && { retention }),
  }))
}

function greeting(hubs: LocalEventHubs, options: readonly HubOptions[]): string {
  const lines = [`AMQP on ${hubs.host}:${hubs.port}`]
  if (hubs.webSocketPort !== undefined)
    lines.push(`AMQP over WebSocket on ${hubs.host}:${hubs.webSocketPort}`)
  if (hubs.kafkaPort !== undefined) lines.push(`Kafka on ${hubs.host}:${hubs.kafkaPort}`)
  for (const { name } of options) {
    const count = hubs.partitions(name)
    lines.push(
      '',
      `Hub ${name}, ${count} ${count === 1 ? 'partition' : 'partitions'}`,
      hubs.connectionString(name),
    )
    if (hubs.webSocketPort !== undefined) lines.push(hubs.connectionString(name, 'amqp_ws'))
  }
  return [...lines, '', 'Ready. Ctrl-C ends it.', ''].join('\n')
}

function addHub(text: string, before: readonly HubOptions[]): readonly HubOptions[] {
  const [, name = '', partitions] = /^([^:]+)(?::(\d{1,4}))?$/.exec(text) ?? []
  if (name === '') throw new InvalidArgumentError(`"${text}" is no hub such as flows or flows:4.`)
  return [...before, { name, ...(partitions !== undefined && { partitions: Number(partitions) }) }]
}

function addText(text: string, before: readonly string[]): readonly string[] {
  return [...before, text]
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
