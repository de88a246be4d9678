import { annotation, annotationsSection, messageAnnotations, nameOf, textAnnotation } from './annotations.ts'
import { sectionCode, sectionsOf } from './sections.ts'

/** Names of the annotations of an event (eventhubs.md 3.4, 3.5). */
export const annotationName = {
  partitionKey: 'x-opt-partition-key',
  sequenceNumber: 'x-opt-sequence-number',
  offset: 'x-opt-offset',
  enqueuedTime: 'x-opt-enqueued-time',
} as const

const assignedByService: ReadonlySet<string | undefined> = new Set([
  annotationName.sequenceNumber,
  annotationName.offset,
  annotationName.enqueuedTime,
])

/** The place that an event has in its partition. */
export interface Place {
  readonly sequenceNumber: number
  readonly offset: string
  /** Unix milliseconds. */
  readonly enqueuedTime: number
}

/** An event as it is delivered. */
export interface StoredMessage {
  readonly bytes: Buffer
  /** Where a section of delivery annotations belongs: behind the header. */
  readonly headerEnd: number
}

/**
 * Gives a message its place: every section stays as it came, byte for byte, so that no type changes on
 * the way; only the message annotations are rewritten and delivery annotations dropped.
 *
 * @throws MalformedMessage
 */
export function storedMessage(message: Buffer, place: Place): StoredMessage {
  const sections = sectionsOf(message)
  const header = sections.find(({ code }) => code === sectionCode.header)
  const rest = sections.filter(
    ({ code }) =>
      code !== sectionCode.header &&
      code !== sectionCode.deliveryAnnotations &&
      code !== sectionCode.messageAnnotations,
  )
  const headerBytes = header === undefined ? Buffer.alloc(0) : message.subarray(header.start, header.end)
  const kept = messageAnnotations(message, sections).filter(({ key }) => !assignedByService.has(nameOf(key)))
  const annotations = annotationsSection(sectionCode.messageAnnotations, [
    annotation.long(annotationName.sequenceNumber, place.sequenceNumber),
    annotation.text(annotationName.offset, place.offset),
    annotation.timestamp(annotationName.enqueuedTime, place.enqueuedTime),
    ...kept,
  ])
  const bytes = Buffer.concat([
    headerBytes,
    annotations,
    ...rest.map(({ start, end }) => message.subarray(start, end)),
  ])
  return { bytes, headerEnd: headerBytes.length }
}

/** The partition key that a message or a batch asks for. Throws MalformedMessage. */
export function partitionKeyOf(message: Buffer): string | undefined {
  return textAnnotation(messageAnnotations(message, sectionsOf(message)), annotationName.partitionKey)
}
