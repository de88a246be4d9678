import { type GrpcServerOptions, Traces } from '@spanloom/core'

import type { Intake } from './intake.ts'

const exportPath = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'

/** An `ExportTraceServiceResponse` without partial success has no bytes (OTR-13). */
const success = Buffer.alloc(0)

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
