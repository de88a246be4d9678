import { type GrpcServerOptions, type OfflineDelivery, parseOtlpJson, Traces } from '@spanloom/core'

import type { Intake } from './intake.ts'

const exportPath = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'

/** An `ExportTraceServiceResponse` without partial success has no bytes (OTR-13). */
const success = Buffer.alloc(0)

/** Takes a message out of anybody's hand: protobuf, or JSON, which people can write. */
export function takeOffline(intake: Intake): (delivery: OfflineDelivery) => Promise<void> {
  return ({ body, signal }) =>
    intake.take(
      () =>
        body.find((byte) => byte > 0x20) === braceOpen ? parseOtlpJson(body) : Traces.fromProtobuf(body),
      { signal, transport: 'grpc' },
    )
}

// No message of protobuf begins with a brace: as a tag it would be that of a group.
const braceOpen = 0x7b

/** The one method of the trace service (OTR-16). */
export function otlpGrpcMethods(intake: Intake): Pick<GrpcServerOptions, 'methods' | 'onError'> {
  return {
    methods: {
      async [exportPath]({ message, signal, deadline, metadata, clientAddress }) {
        await intake.take(() => Traces.fromProtobuf(message), {
          signal,
          transport: 'grpc',
          ...(deadline === undefined ? {} : { deadline }),
          ...(metadata === undefined ? {} : { metadata }),
          ...(clientAddress === undefined ? {} : { clientAddress }),
        })
        return success
      },
    },
    onError: (error) => intake.report(error),
  }
}
