import { isUtf8 } from 'node:buffer'

import { isJsonType } from './content-mode.ts'
import type { CloudEvent } from './event.ts'

/** Data as its content type says. */
export type ReadData =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'binary'; readonly bytes: Uint8Array }
  | { readonly kind: 'none' }

/**
 * Looks into the data of an event: JSON and text where its content type says so and it is, else bytes. An event is
 * taken without this; nothing of it can be refused for its data (C-DATA-1).
 */
export function readData({ attributes, data }: CloudEvent): ReadData {
  if (data === undefined) return { kind: 'none' }
  if (data.kind !== 'bytes') return data
  const contentType = attributes.get('datacontenttype')
  if (typeof contentType !== 'string' || !isUtf8(data.bytes)) return { kind: 'binary', bytes: data.bytes }
  const text = Buffer.from(data.bytes).toString('utf8')
  if (!isJsonType(contentType)) {
    return /^text\/|[/+]xml/i.test(contentType)
      ? { kind: 'text', text }
      : { kind: 'binary', bytes: data.bytes }
  }
  try {
    const value: unknown = JSON.parse(text)
    return { kind: 'json', value }
  } catch {
    return { kind: 'binary', bytes: data.bytes }
  }
}
