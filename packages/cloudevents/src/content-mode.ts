/** How an event lies in a message: in its headers, whole in its body, or several in its body. */
export type ContentMode = 'binary' | 'structured' | 'batch'

/** Media type of one event in the JSON format. */
export const structuredType = 'application/cloudevents+json'

/** Media type of a list of events in the JSON format. */
export const batchType = 'application/cloudevents-batch+json'

/** The mode that a media type stands for, and whether its format is JSON, the only one that is supported. */
export interface ModeOfMessage {
  readonly mode: ContentMode
  /** False for a format such as Avro. */
  readonly isSupported: boolean
}

/** Tells the mode by a `Content-Type`; capitals and parameters make no difference (F-HTTP-1). */
export function contentMode(contentType: string | undefined): ModeOfMessage {
  const mediaType = contentType === undefined ? '' : mediaTypeOf(contentType)
  if (!mediaType.startsWith('application/cloudevents')) return { mode: 'binary', isSupported: true }
  // The shorter prefix fits both, so that the longer one comes first.
  return mediaType.startsWith('application/cloudevents-batch')
    ? { mode: 'batch', isSupported: mediaType === batchType }
    : { mode: 'structured', isSupported: mediaType === structuredType }
}

/** Whether data of this content type is JSON; without one it is (F-JSON-3). */
export function isJsonType(contentType: string | undefined): boolean {
  if (contentType === undefined) return true
  const mediaType = mediaTypeOf(contentType)
  return /\/(?:[^/]*\+)?json$/.test(mediaType)
}

/** In lower case and without parameters. */
function mediaTypeOf(contentType: string): string {
  const end = contentType.indexOf(';')
  return (end === -1 ? contentType : contentType.slice(0, end)).trim().toLowerCase()
}
