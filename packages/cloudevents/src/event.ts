/** Value of a context attribute; a Timestamp, URI or Binary is its canonical text. */
export type EventValue = string | number | boolean

/**
 * The payload of an event. `bytes` are as they came and mean what `datacontenttype` says; the others come from the
 * JSON format, where the member `data` is a JSON value or a text.
 */
export type EventData =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'text'; readonly text: string }

/** An event that was decoded or is to be encoded. Its payload is never looked into. */
export interface CloudEvent {
  readonly id: string
  readonly source: string
  readonly type: string
  readonly specversion: string
  /** All context attributes by name, the four above among them. */
  readonly attributes: ReadonlyMap<string, EventValue>
  /** `undefined` for an event without data. */
  readonly data: EventData | undefined
  /** Attributes that lenient validation left out, because their name or type is none of CloudEvents. */
  readonly ignored: number
}

/** How faults of an event are treated (`cloudevents.md` section 2). */
export interface DecodeOptions {
  /**
   * `strict` refuses whatever the specification forbids; `lenient`, the default, only what makes an event useless or
   * ambiguous.
   */
  readonly validation?: 'strict' | 'lenient'
}

/** What can be wrong with an event. */
export const eventFaults = [
  'not_a_cloudevent',
  'unsupported_format',
  'invalid_json',
  'not_an_object',
  'batch_not_supported',
  'batch_too_large',
  'mixed_specversion',
  'missing_specversion',
  'missing_id',
  'missing_source',
  'missing_type',
  'unsupported_specversion',
  'duplicate_attribute',
  'attribute_too_large',
  'invalid_attribute_name',
  'invalid_attribute_value',
  'invalid_percent_encoding',
  'data_twice',
  'invalid_base64',
  'mixed_separator',
] as const

/** What is wrong with an event; a word for answers, logs and counters. */
export type EventFault = (typeof eventFaults)[number]

/** An event that cannot be used. The message says where and how to mend it and quotes no value. */
export class CloudEventError extends Error {
  override readonly name: string = 'CloudEventError'
  readonly reason: EventFault

  constructor(reason: EventFault, message: string) {
    super(message)
    this.reason = reason
  }
}
