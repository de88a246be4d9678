import { messageOf, type Traces } from '@spanloom/core'
import { decodeMessage, readRecording, type RecordedMessage } from '@spanloom/receiver-file/recording'

import { isRequest, parseRequest, type RecordedRequest } from './recorded-request.ts'

/** What is played back. */
export type RecordingKind = 'traces' | 'requests'

/** One thing of a recording, and where it stands. */
export type RecordedItem = { readonly place: string; readonly bytesRead: number } & (
  | { readonly kind: 'traces'; readonly traces: Traces }
  | { readonly kind: 'requests'; readonly request: RecordedRequest }
  | { readonly kind: 'broken'; readonly reason: string }
)

/** Bytes of one message, before and after decompression. */
const maxMessageSize = 67_108_864

/** What the recordings hold, as far as it is known: one replay plays one kind. */
export interface KindOf {
  kind: RecordingKind | undefined
}

/**
 * The content of one file in its order; blank lines are left out. The first line that holds something decides what kind
 * of recording it is, unless `as` knows already.
 *
 * @throws SpanloomError when the file cannot be read at all, or not beyond some point
 */
export async function* itemsOf(path: string, as: KindOf): AsyncGenerator<RecordedItem, void, undefined> {
  for await (const message of readRecording(path, { maxMessageSize })) {
    const { content, layout, number, bytesRead } = message
    const place = layout === 'lines' ? `${path}:${number}` : `${path}, message ${number}`
    if (content === 'too_large' || content === 'torn') {
      yield { kind: 'broken', place, bytesRead, reason: broken(content) }
    } else if (!isBlank(content)) {
      yield { place, bytesRead, ...(await itemOf(message, content, as)) }
    }
  }
}

type Content =
  | { readonly kind: 'traces'; readonly traces: Traces }
  | { readonly kind: 'requests'; readonly request: RecordedRequest }
  | { readonly kind: 'broken'; readonly reason: string }

async function itemOf(
  { layout, unended }: RecordedMessage,
  content: Uint8Array,
  as: KindOf,
): Promise<Content> {
  try {
    if (as.kind === undefined)
      as.kind = layout === 'lines' && looksLikeRequest(content) ? 'requests' : 'traces'
    if (as.kind === 'requests') return { kind: 'requests', request: parseRequest(content) }
    return { kind: 'traces', traces: await decodeMessage(content, layout, maxMessageSize) }
  } catch (error) {
    const cutOff = unended ? ' It is the last line and has no end, so it was probably cut off.' : ''
    return { kind: 'broken', reason: `${messageOf(error)}${cutOff}` }
  }
}

function looksLikeRequest(line: Uint8Array): boolean {
  try {
    return isRequest(
      JSON.parse(
        Buffer.from(line)
          .toString('utf8')
          .replace(/^\uFEFF/, ''),
      ),
    )
  } catch {
    return false
  }
}

function broken(why: 'too_large' | 'torn'): string {
  return why === 'torn'
    ? 'The file ends in the middle of a message.'
    : `The message is larger than ${maxMessageSize} bytes.`
}

const isBlank = (content: Uint8Array): boolean => content.every((byte) => byte <= 0x20)
