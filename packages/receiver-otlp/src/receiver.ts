import {
  checkGrpcServer,
  checkHttpServer,
  type Component,
  type ConfigOf,
  createGrpcServer,
  createHttpServer,
  defineReceiver,
  type GrpcServer,
  grpcServerSettings,
  type Host,
  type HttpServer,
  httpServerSettings,
  type ReceiverFactory,
  type ReceiverOptions,
} from '@spanloom/core'

import { createIntake, type Intake } from './intake.ts'
import { otlpGrpcMethods, takeOffline } from './otlp-grpc.ts'
import { otlpHttpHandler } from './otlp-http.ts'

const schema = {
  type: 'object',
  properties: {
    protocols: {
      type: 'object',
      description: 'The transports to serve; at least one.',
      properties: {
        grpc: {
          type: 'object',
          section: 'ready',
          description: 'OTLP/gRPC.',
          properties: {
            ...grpcServerSettings,
            endpoint: { ...grpcServerSettings.endpoint, default: 'localhost:4317' },
          },
          additionalProperties: false,
        },
        http: {
          type: 'object',
          section: 'ready',
          description: 'OTLP/HTTP, with bodies in protobuf or JSON.',
          properties: {
            ...httpServerSettings,
            endpoint: { ...httpServerSettings.endpoint, default: 'localhost:4318' },
            // The answer may have to wait for a queue that blocks (DIF-14).
            write_timeout: { ...httpServerSettings.write_timeout, default: '0s' },
            traces_url_path: {
              type: 'string',
              default: '/v1/traces',
              description: 'Path that takes traces; a missing slash at the front is added.',
            },
            metrics_url_path: {
              type: 'string',
              ignored: 'metrics_url_path has no effect: only traces are taken.',
            },
            logs_url_path: { type: 'string', ignored: 'logs_url_path has no effect: only traces are taken.' },
          },
          additionalProperties: false,
        },
      },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
} as const

/** A running OTLP receiver. */
export interface OtlpReceiver extends Component {
  /** Where OTLP/HTTP is taken; `undefined` before the start and where `protocols.http` is off. */
  readonly httpUrl: URL | undefined
  /** `host:port` where OTLP/gRPC is taken; `undefined` before the start and where `protocols.grpc` is off. */
  readonly grpcAddress: string | undefined
}

/** Receives traces over OTLP/gRPC and OTLP/HTTP (section 6 of `collector-conventions.md`). */
export const otlpReceiver: ReceiverFactory<OtlpReceiver> = defineReceiver({
  type: 'otlp',
  stability: 'beta',
  description: 'Receives traces over OTLP/gRPC and OTLP/HTTP.',
  schema,
  validate({ protocols: { grpc, http } }, report) {
    if (grpc === undefined && http === undefined) {
      report(
        ['protocols'],
        'must specify at least one protocol when using the OTLP receiver',
        'Add protocols: { http: }, for example.',
      )
    }
    if (grpc !== undefined) checkGrpcServer(grpc, ['protocols', 'grpc'], report)
    if (http !== undefined) checkHttpServer(http, ['protocols', 'http'], report)
  },
  transports: ({ protocols: { grpc, http } }) => [...(grpc ? ['grpc'] : []), ...(http ? ['http'] : [])],
  create: (options) => new TwoProtocols(options),
})

class TwoProtocols implements OtlpReceiver {
  readonly #grpc: GrpcServer | undefined
  readonly #http: HttpServer | undefined
  readonly #intake: Intake

  constructor({ id, config, next, telemetry, clock }: ReceiverOptions<ConfigOf<typeof schema>>) {
    const { grpc, http } = config.protocols
    const intake = createIntake(next, telemetry, clock)
    this.#intake = intake
    this.#grpc = grpc && createGrpcServer({ id, config: grpc, telemetry, clock, ...otlpGrpcMethods(intake) })
    this.#http =
      http &&
      createHttpServer({
        id,
        config: http,
        telemetry,
        clock,
        ...otlpHttpHandler(intake, http.traces_url_path),
      })
  }

  get httpUrl(): URL | undefined {
    return this.#http?.url
  }

  get grpcAddress(): string | undefined {
    return this.#grpc?.address
  }

  async start(host: Host): Promise<void> {
    try {
      await this.#grpc?.start(host)
      if (this.#grpc !== undefined) host.offline?.takes('grpc', takeOffline(this.#intake))
      await this.#http?.start(host)
    } catch (error) {
      await this.shutdown(AbortSignal.abort(error))
      throw error
    }
  }

  async shutdown(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#grpc?.shutdown(signal), this.#http?.shutdown(signal)])
  }
}
