import { overGrpc, overHttp } from './pipelines.ts'

/** One way to send traces over OTLP: an exporter with its settings, and what receives what it sends. */
export interface OtlpWay {
  /** Id of the exporter. */
  readonly name: string
  /** Settings of the exporter but for its destination. */
  readonly settings: object
  readonly protocol: 'HTTP' | 'GRPC'
  /** Name of the file for what has arrived. */
  readonly file: string
}

/** The ways that Spanloom and the Collector both know. */
export const commonWays: readonly OtlpWay[] = [
  ...['none', 'gzip'].map((compression) => otlpWay(`otlp_grpc/${compression}`, { compression })),
  ...['proto', 'json'].flatMap((encoding) =>
    ['none', 'gzip', 'zlib', 'deflate', 'zstd'].map((compression) =>
      otlpWay(`otlp_http/${encoding}-${compression}`, { encoding, compression }),
    ),
  ),
]

export function otlpWay(name: string, settings: object): OtlpWay {
  const protocol = name.startsWith('otlp_grpc') ? 'GRPC' : 'HTTP'
  return { name, settings, protocol, file: `${name.replace('/', '-')}.json` }
}

/** The exporter of a way, by its id. */
export function senderOf({ name, settings, protocol }: OtlpWay, destination = ''): Record<string, object> {
  const target =
    protocol === 'GRPC'
      ? { endpoint: destination, tls: { insecure: true } }
      : { endpoint: `http://${destination}` }
  return { [name]: { ...target, ...settings } }
}

/** An `otlp` receiver for what a way sends, by its id. */
export function receiverOf(
  { name, protocol }: OtlpWay,
  endpoint?: string,
  settings: object = {},
): Record<string, object> {
  const receiver = protocol === 'GRPC' ? overGrpc : overHttp
  return { [`otlp/${name}`]: receiver(endpoint, settings) }
}
