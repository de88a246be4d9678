import {
  encodeRpcStatus,
  errorAnswer,
  type HttpAnswer,
  HttpFault,
  type HttpRequest,
  type HttpServerOptions,
  parseOtlpJson,
  retryAfterSeconds,
  rpcStatusToJson,
  Traces,
} from '@spanloom/core'

import type { Intake } from './intake.ts'

const protobuf = 'application/x-protobuf'
const json = 'application/json'

/** Takes traces on `path`; every other path is unknown, also those of metrics and logs (OTR-16). */
export function otlpHttpHandler(intake: Intake, path: string): Pick<HttpServerOptions, 'handle' | 'fault'> {
  const tracesPath = path.startsWith('/') ? path : `/${path}`
  return {
    async handle(request) {
      if (request.path !== tracesPath) return plain(404, '404 page not found')
      if (request.method !== 'POST') {
        return plain(405, '405 method not allowed, supported: [POST]', { Allow: 'POST' })
      }
      const { mediaType } = request
      if (mediaType !== protobuf && mediaType !== json) {
        return plain(415, `415 unsupported media type, supported: [${json}, ${protobuf}]`)
      }
      await intake.take(() => decode(request, mediaType), contextOf(request))
      return { status: 200, headers: { 'Content-Type': mediaType }, body: mediaType === json ? '{}' : '' }
    },

    /** Every other error is a `google.rpc.Status` in the encoding of the request (OTR-10). */
    fault(error, headers): HttpAnswer {
      intake.report(error)
      const { httpStatus, grpcStatus, message, retryAfterMs } = errorAnswer(error)
      const status = { code: grpcStatus, message, retryAfterMs }
      const inProtobuf = mediaTypeOf(headers['content-type']) === protobuf
      return {
        status: httpStatus,
        headers: {
          'Content-Type': inProtobuf ? protobuf : json,
          ...(error instanceof HttpFault ? error.headers : {}),
          ...(retryAfterMs === undefined ? {} : { 'Retry-After': String(retryAfterSeconds(retryAfterMs)) }),
        },
        body: inProtobuf ? encodeRpcStatus(status) : rpcStatusToJson(status),
      }
    },
  }
}

async function decode(request: HttpRequest, mediaType: string): Promise<Traces> {
  const body = await request.body()
  return mediaType === json ? parseOtlpJson(body) : Traces.fromProtobuf(body)
}

function contextOf({ signal, metadata, clientAddress }: HttpRequest): Parameters<Intake['take']>[1] {
  return {
    signal,
    transport: 'http',
    ...(metadata === undefined ? {} : { metadata }),
    ...(clientAddress === undefined ? {} : { clientAddress }),
  }
}

function plain(status: number, text: string, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { status, headers: { 'Content-Type': 'text/plain', ...headers }, body: text }
}

const mediaTypeOf = (header: string | undefined): string =>
  (header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
