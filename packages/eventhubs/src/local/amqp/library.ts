import type { Receiver, Sender } from 'rhea'
import rhea from 'rhea'

/** What the declarations of the AMQP library leave out of a link. */
export interface LinkInternals {
  /** Deliveries that the peer still allows. */
  readonly credit: number
  /** Deliveries that have left over the link. */
  readonly delivery_count: number
  /** Our side; its attach is written after the handler of the peer's attach. */
  readonly local: { readonly attach: Record<string, unknown> }
}

export function internalsOf(link: Receiver | Sender): LinkInternals {
  return link as unknown as LinkInternals
}

/** The fields of a message by the names that the library gives them. */
export type AmqpMessage = Record<string, unknown>

/** Decodes a whole message; throws what the library throws when it is malformed. */
export function decodeMessage(bytes: Buffer): AmqpMessage {
  return rhea.message.decode(bytes)
}

export function encodeMessage(message: AmqpMessage): Buffer {
  return rhea.message.encode(message)
}

/** The application properties of a message; a map, because their names are the peer's. */
export function applicationProperties(message: AmqpMessage): ReadonlyMap<string, unknown> {
  const properties = message['application_properties']
  return new Map(typeof properties === 'object' && properties !== null ? Object.entries(properties) : [])
}

/** A value as text; undefined for what has none, such as a list or a map. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return Buffer.isBuffer(value) ? value.toString('hex') : undefined
}

/** The address of a link's source or target, the empty text without one. */
export function addressOf(terminus: { readonly address?: unknown } | undefined | null): string {
  return textOf(terminus?.address) ?? ''
}
