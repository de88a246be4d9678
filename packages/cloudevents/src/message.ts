import { AttributeCollector } from './attributes.ts'
import { contentMode } from './content-mode.ts'
import { type CloudEvent, CloudEventError, type DecodeOptions } from './event.ts'
import { decodeJson } from './json-format.ts'

/** A message of a broker: over Kafka its headers, over AMQP its application properties. */
export interface BrokerMessage {
  /** `content-type` header or `content-type` message property. */
  readonly contentType: string | undefined
  readonly properties: Readonly<Record<string, unknown>>
  /** `undefined` for a tombstone. */
  readonly body: Uint8Array | undefined
}

/** `ce_` of the Kafka binding, and both forms of AMQP. */
const prefixes = ['cloudEvents_', 'cloudEvents:', 'ce_'] as const

/**
 * Decodes an event of the Kafka or the AMQP binding (`cloudevents.md` section 7). Which of the two does not matter:
 * Event Hubs hands the headers of a Kafka producer to an AMQP consumer as they are, and the other way round.
 *
 * Values are not escaped. Native AMQP types become what the JSON format would say.
 *
 * @throws CloudEventError
 */
export function decodeMessage(message: BrokerMessage, options: DecodeOptions = {}): CloudEvent {
  const { mode, isSupported } = contentMode(message.contentType)
  if (!isSupported) throw new CloudEventError('unsupported_format', 'only the JSON format is supported')
  if (mode === 'batch') {
    throw new CloudEventError('batch_not_supported', 'a message of a broker holds one event')
  }
  if (mode === 'structured') return decodeJson(message.body ?? new Uint8Array(), options)
  return decodeProperties(message, options)
}

function decodeProperties(
  { contentType, properties, body }: BrokerMessage,
  options: DecodeOptions,
): CloudEvent {
  const attributes = new AttributeCollector(options)
  const used = new Set<string>()
  for (const [key, value] of Object.entries(properties)) {
    const prefix = prefixes.find((prefix) => key.startsWith(prefix))
    if (prefix === undefined) continue
    used.add(prefix)
    const name = key.slice(prefix.length)
    if (name === 'datacontenttype')
      attributes.ignore(name, 'is the content type of the message in binary mode')
    else attributes.add(name, name === 'time' ? timeOf(value) : plainValue(value))
  }
  if (used.size > 1 && options.validation === 'strict') {
    throw new CloudEventError('mixed_separator', 'the attributes of one message have different prefixes')
  }
  if (attributes.isNoEvent) {
    throw new CloudEventError(
      'not_a_cloudevent',
      'the message has neither a CloudEvents content type nor properties such as ce_id or cloudEvents_id',
    )
  }
  if (contentType !== undefined && contentType !== '') attributes.add('datacontenttype', contentType)
  const hasData = body !== undefined && body.length > 0
  return attributes.finish(hasData ? { kind: 'bytes', bytes: body } : undefined)
}

/** A native timestamp is a count of milliseconds where a message has passed from AMQP to Kafka. */
function timeOf(value: unknown): unknown {
  return plainValue(typeof value === 'number' && Number.isSafeInteger(value) ? new Date(value) : value)
}

/** What the JSON format would say for a native value. */
function plainValue(value: unknown): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString()
  if (typeof value === 'bigint') return Number(value)
  // Headers of Kafka are bytes of a text.
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8')
  return value
}
