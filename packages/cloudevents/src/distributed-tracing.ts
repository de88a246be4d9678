import type { CloudEvent, EventValue } from './event.ts'
import { parseTraceContext, type TraceContext } from './trace-context.ts'

/** What the distributed tracing extension of an event says (`cloudevents.md` section 3). */
export interface TracingExtension {
  /**
   * Whether somebody has filled it in, be it with something that cannot be read: then nobody may create a span for
   * the event, or change the extension (R-CREATE-2).
   */
  readonly isPopulated: boolean
  /** Where the event was created; `undefined` without a valid one. */
  readonly context: TraceContext | undefined
}

/** Choices of {@link tracingExtension}. */
export interface TracingOptions {
  /** Attributes that hold a traceparent where `traceparent` is not set, such as Dapr's `traceid` (X-DAPR-1). */
  readonly aliases?: readonly string[]
  /** Default 512. */
  readonly maxTraceStateLength?: number
}

const absent: TracingExtension = { isPopulated: false, context: undefined }

/** Reads the extension. Its `tracestate` belongs to its `traceparent`, never that of a transport. */
export function tracingExtension(
  { attributes }: Pick<CloudEvent, 'attributes'>,
  { aliases = [], maxTraceStateLength }: TracingOptions = {},
): TracingExtension {
  const value = [attributes.get('traceparent'), ...aliases.map((name) => attributes.get(name))].find(isSet)
  if (value === undefined) return absent
  const context = parseTraceContext(value, attributes.get('tracestate'), maxTraceStateLength)
  return { isPopulated: true, context }
}

const isSet = (value: EventValue | undefined): value is EventValue => value !== undefined && value !== ''
