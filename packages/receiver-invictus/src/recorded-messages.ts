import { isJsonObject, type JsonValue, parseJsonBody } from './json-body.ts'
import { jsonText } from './json-text.ts'
import { type MessageLink, messageLink } from './message-context.ts'
import { parseTime } from './time.ts'

/** A message out of a file. */
export interface RecordedMessage {
  /** JSON text of the body. */
  readonly body: string
  /** Nanoseconds since 1970; absent when the recording does not tell. */
  readonly enqueuedTime: bigint | undefined
  readonly link: MessageLink | undefined
}

/**
 * The messages of one document: a recording `{"messages":[{"enqueuedTimeUtc","applicationProperties","body"}]}` holds
 * any number of them, every other document is the body of one.
 */
export function messagesOf(text: string): readonly RecordedMessage[] {
  return recording(text) ?? [{ body: text, enqueuedTime: undefined, link: undefined }]
}

function recording(text: string): readonly RecordedMessage[] | undefined {
  // Looking is cheaper than parsing, and most documents are none.
  if (!/^\uFEFF?\s*\{\s*"messages"/.test(text)) return undefined
  try {
    const document = parseJsonBody(text)
    const messages: JsonValue | undefined = isJsonObject(document) ? document['messages'] : undefined
    return Array.isArray(messages) ? messages.map(recorded) : undefined
  } catch {
    // What is no JSON, or too deep, is refused as the body that it then is.
    return undefined
  }
}

function recorded(message: JsonValue): RecordedMessage {
  const { enqueuedTimeUtc, applicationProperties, body = null } = isJsonObject(message) ? message : {}
  const properties = isJsonObject(applicationProperties) ? applicationProperties : {}
  return {
    // A body that is text was recorded as it came.
    body: typeof body === 'string' ? body : jsonText(body),
    enqueuedTime: typeof enqueuedTimeUtc === 'string' ? parseTime(enqueuedTimeUtc) : undefined,
    link: messageLink((name) => (Object.hasOwn(properties, name) ? properties[name] : undefined)),
  }
}
