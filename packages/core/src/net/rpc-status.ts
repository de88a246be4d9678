import { wireType } from '../traces/fields.ts'
import { WireWriter } from '../traces/wire-writer.ts'

/** What a `google.rpc.Status` says. */
export interface RpcStatus {
  /** Number of a gRPC status code. */
  readonly code: number
  readonly message: string
  /** Becomes the detail `google.rpc.RetryInfo`, in milliseconds (OTR-12). */
  readonly retryAfterMs?: number | undefined
}

const retryInfoUrl = 'type.googleapis.com/google.rpc.RetryInfo'
const statusField = { code: 1, message: 2, details: 3 } as const
const anyField = { typeUrl: 1, value: 2 } as const
const retryInfoField = { retryDelay: 1 } as const
const durationField = { seconds: 1, nanos: 2 } as const

/** The protobuf form, as in OTLP/HTTP bodies and in `grpc-status-details-bin`. */
export function encodeRpcStatus({ code, message, retryAfterMs }: RpcStatus): Buffer {
  const writer = new WireWriter()
  try {
    writer.tag(statusField.code, wireType.varint)
    writer.varint(code)
    writer.tag(statusField.message, wireType.bytes)
    writer.lengthAndText(message)
    if (retryAfterMs !== undefined) writeRetryInfo(writer, retryAfterMs)
    return writer.take()
  } finally {
    writer.release()
  }
}

/** The JSON form. */
export function rpcStatusToJson({ code, message, retryAfterMs }: RpcStatus): string {
  const details =
    retryAfterMs === undefined
      ? []
      : [{ '@type': retryInfoUrl, retryDelay: `${wholeMs(retryAfterMs) / 1000}s` }]
  return JSON.stringify({ code, message, ...(details.length === 0 ? {} : { details }) })
}

function writeRetryInfo(writer: WireWriter, retryAfterMs: number): void {
  const ms = wholeMs(retryAfterMs)
  const detail = writer.open(bytesTag(statusField.details))
  writer.tag(anyField.typeUrl, wireType.bytes)
  writer.lengthAndText(retryInfoUrl)
  const value = writer.open(bytesTag(anyField.value))
  const delay = writer.open(bytesTag(retryInfoField.retryDelay))
  writer.tag(durationField.seconds, wireType.varint)
  writer.int64(Math.floor(ms / 1000))
  writer.tag(durationField.nanos, wireType.varint)
  writer.varint((ms % 1000) * 1_000_000)
  writer.close(delay)
  writer.close(value)
  writer.close(detail)
}

const bytesTag = (field: number): number => (field << 3) | wireType.bytes
const wholeMs = (ms: number): number => Math.max(0, Math.ceil(ms))
