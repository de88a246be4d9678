import { AttributeCollector } from './attributes.ts'
import { type CloudEvent, CloudEventError, type DecodeOptions } from './event.ts'
import { decodeHeaderValue } from './header-value.ts'

/** Headers of a request, their names in lower case and every value apart, as `IncomingMessage.headersDistinct`. */
export type DistinctHeaders = Readonly<Record<string, readonly string[] | undefined>>

/**
 * Decodes an event of HTTP in binary mode (`cloudevents.md` section 6): attributes are headers, the body is the data
 * and stays as it is. An empty body is no data.
 *
 * @throws CloudEventError `not_a_cloudevent` when there is no mandatory header at all
 */
export function decodeHttpBinary(
  headers: DistinctHeaders,
  body: Uint8Array | undefined,
  options: DecodeOptions = {},
): CloudEvent {
  const attributes = new AttributeCollector(options)
  for (const header in headers) {
    if (!isAttribute(header)) continue
    const values = headers[header]
    const value = values?.[0]
    if (value === undefined) continue
    const name = header.slice(3)
    if (values !== undefined && values.length > 1) {
      throw new CloudEventError('duplicate_attribute', `the header "${header.slice(0, 40)}" appears twice`)
    }
    if (name === 'datacontenttype')
      attributes.ignore(name, 'is the Content-Type of the request in binary mode')
    else attributes.add(name, decodeHeaderValue(value))
  }
  if (attributes.isNoEvent) {
    throw new CloudEventError(
      'not_a_cloudevent',
      'the request has neither a CloudEvents Content-Type nor the headers ce-id, ce-source, ce-type and ce-specversion',
    )
  }
  const contentType = headers['content-type']?.[0]
  if (contentType !== undefined && contentType !== '') attributes.add('datacontenttype', contentType)
  return attributes.finish(
    body === undefined || body.length === 0 ? undefined : { kind: 'bytes', bytes: body },
  )
}

/** Whether the header begins with `ce-`. */
function isAttribute(header: string): boolean {
  return header.charCodeAt(0) === 0x63 && header.charCodeAt(1) === 0x65 && header.charCodeAt(2) === 0x2d
}
