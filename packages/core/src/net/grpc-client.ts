import { createSecureContext } from 'node:tls'

import {
  ChannelCredentials,
  Client,
  compressionAlgorithms,
  Metadata,
  type ChannelOptions,
} from '@grpc/grpc-js'

import type { Clock } from '../clock/clock.ts'
import type { Host } from '../component/component.ts'
import type { BuildInfo } from '../component/options.ts'
import { messageOf, RetryableError, StartError } from '../errors/errors.ts'
import type { Logger } from '../telemetry/logger.ts'
import { findClientAuth } from './client-auth.ts'
import type { GrpcClientConfig } from './grpc-client-settings.ts'
import { parseGrpcTarget } from './grpc-target.ts'
import { headerEntries } from './header-map.ts'
import { Renewable } from './renewable.ts'
import { isPlaintext, loadClientTls, sameTls, type TlsClientOptions } from './tls-client.ts'
import { userAgent } from './user-agent.ts'

/** What a gRPC client needs from outside. */
export interface GrpcClientOptions {
  readonly host: Host
  readonly clock: Clock
  readonly logger: Logger
  readonly build: BuildInfo
}

/** One unary call: bytes of a message out. */
export interface UnaryRequest {
  /** Such as `/package.Service/Method`. */
  readonly method: string
  readonly body: Uint8Array
  readonly signal: AbortSignal
  /** Told to the server as `grpc-timeout`; 0 means none. */
  readonly timeoutMs: number
}

/** Makes unary calls with bytes in and out; no message is decoded. */
export interface GrpcClient {
  /** The bytes of the answer. Rejects with the `ServiceError` of the gRPC library, or the reason of the signal. */
  unary(call: UnaryRequest): Promise<Buffer>
  close(): void
}

/**
 * Makes a client: reads the TLS files, looks up the authenticator and begins to connect, without waiting for
 * success (OTE-20).
 *
 * @throws StartError when a file, header or authenticator cannot be used.
 */
export async function createGrpcClient(
  config: GrpcClientConfig,
  options: GrpcClientOptions,
): Promise<GrpcClient> {
  const { host, clock, logger, build } = options
  const headers = grpcMetadata(headerEntries(config.headers))
  headers.setOptions({ waitForReady: config.wait_for_ready })
  const auth = findClientAuth(host, config.auth)
  const { target } = parseGrpcTarget(config.endpoint ?? '')
  const clients = await Renewable.create<TlsClientOptions, Client>({
    intervalMs: config.tls.reload_interval ?? 0,
    clock,
    load: () => loadClientTls(config.tls),
    same: sameTls,
    make: (tls) =>
      connect(
        new Client(target, createGrpcChannelCredentials(config, tls), grpcChannelOptions(config, build)),
      ),
    dispose: (replaced) => replaced.close(),
    onError: (error) => logger.warn('TLS files could not be read again.', { error }),
  })

  return {
    async unary(call) {
      if (auth === undefined) return unary(clients.current(), call, headers)
      const metadata = headers.clone()
      try {
        for (const [name, value] of Object.entries(await auth()))
          metadata.set(name, metadataValue(name, value))
      } catch (cause) {
        const message = `failed to get credentials: ${messageOf(cause)}`
        throw new RetryableError('AUTH_FAILED', message, { cause, grpcStatus: 16 })
      }
      return unary(clients.current(), call, metadata)
    },
    close: () => clients.current().close(),
  }
}

/** Credentials of a channel: TLS unless `insecure` is set, which `https://` and a CA overrule (7.2, 10.4). */
export function createGrpcChannelCredentials(
  config: GrpcClientConfig,
  tls: TlsClientOptions,
): ChannelCredentials {
  const { secure } = parseGrpcTarget(config.endpoint ?? '')
  if (!secure && isPlaintext(config.tls)) return ChannelCredentials.createInsecure()
  const { rejectUnauthorized, servername: _, ...context } = tls
  try {
    return ChannelCredentials.createFromSecureContext(createSecureContext(context), { rejectUnauthorized })
  } catch (cause) {
    throw new StartError('TLS_INVALID', `The TLS settings cannot be used: ${messageOf(cause)}`, { cause })
  }
}

/** Options of a channel, as far as they follow from the settings. */
export function grpcChannelOptions(config: GrpcClientConfig, build: BuildInfo): ChannelOptions {
  const { keepalive, authority, compression } = config
  const name = config.tls.server_name_override
  return {
    'grpc.primary_user_agent': config.user_agent || userAgent(build),
    'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ [config.balancer_name]: {} }] }),
    'grpc.service_config_disable_resolution': 1,
    // Attempts are counted and spaced by retry_on_failure alone.
    'grpc.enable_retries': 0,
    'grpc.use_local_subchannel_pool': 1,
    // Otherwise a server that was away for long is found again only after two minutes.
    'grpc.max_reconnect_backoff_ms': 30_000,
    'grpc.max_send_message_length': -1,
    'grpc.max_receive_message_length': 4 * 1024 * 1024,
    'grpc.default_compression_algorithm': algorithms[compression],
    ...(authority ? { 'grpc.default_authority': authority } : {}),
    ...(name ? { 'grpc.ssl_target_name_override': name } : {}),
    ...(keepalive
      ? {
          'grpc.keepalive_time_ms': keepalive.time,
          'grpc.keepalive_timeout_ms': keepalive.timeout,
          'grpc.keepalive_permit_without_calls': keepalive.permit_without_stream ? 1 : 0,
        }
      : {}),
  }
}

const algorithms = {
  '': compressionAlgorithms.identity,
  none: compressionAlgorithms.identity,
  gzip: compressionAlgorithms.gzip,
  deflate: compressionAlgorithms.deflate,
} as const

/** @throws StartError for a name that gRPC does not allow. */
function grpcMetadata(entries: readonly (readonly [string, string])[]): Metadata {
  const metadata = new Metadata()
  for (const [name, value] of entries) {
    try {
      metadata.set(name, metadataValue(name, value))
    } catch {
      throw new StartError('HEADER_INVALID', `gRPC does not allow the header "${name}" or its value.`)
    }
  }
  return metadata
}

/** Values of names that end with `-bin` are bytes. */
const metadataValue = (name: string, value: string): string | Buffer =>
  name.toLowerCase().endsWith('-bin') ? Buffer.from(value) : value

function connect(client: Client): Client {
  client.getChannel().getConnectivityState(true)
  return client
}

const identity = (bytes: Buffer): Buffer => bytes

function unary(
  client: Client,
  { method, body, signal, timeoutMs }: UnaryRequest,
  metadata: Metadata,
): Promise<Buffer> {
  if (signal.aborted) return Promise.reject(signal.reason)
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const request = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const options = timeoutMs > 0 ? { deadline: Date.now() + timeoutMs } : {}
  const call = client.makeUnaryRequest(
    method,
    identity,
    identity,
    request,
    metadata,
    options,
    (error, response) => {
      signal.removeEventListener('abort', abort)
      if (error) reject(error)
      else resolve(response ?? Buffer.alloc(0))
    },
  )
  const abort = (): void => {
    reject(signal.reason)
    call.cancel()
  }
  signal.addEventListener('abort', abort, { once: true })
  return promise
}
