import type { Namespace } from '../namespace.ts'
import type { Coordinator } from './coordinator.ts'
import type { WireReader } from './wire-reader.ts'
import type { WireWriter } from './wire-writer.ts'

/** What the connections of the Kafka endpoint share. */
export interface Endpoint {
  readonly namespace: Namespace
  readonly coordinator: Coordinator
  /** Where clients are told to connect to. */
  readonly advertised: { readonly host: string; readonly port: number }
}

/** A request whose header is read. */
export interface KafkaRequest {
  readonly version: number
  readonly clientId: string
  readonly body: WireReader
  /** Aborts when the connection is gone. */
  readonly signal: AbortSignal
}

/** Answers a request; undefined where none is wanted. */
export type Handler = (
  request: KafkaRequest,
  endpoint: Endpoint,
) => WireWriter | undefined | Promise<WireWriter | undefined>
