import type { SendOutcome } from '@spanloom/core'

import { clean } from './clean.ts'
import { content, readMessage, signed } from './message-reader.ts'
import { isRecord } from './rpc-status.ts'

/**
 * Reads an `ExportTraceServiceResponse`: what of the request was refused (OTE-03).
 *
 * @throws RangeError when the bytes are none.
 */
export function decodeExportResponse(bytes: Buffer): SendOutcome {
  let outcome: SendOutcome = {}
  for (const { number, value } of readMessage(bytes))
    if (number === 1) outcome = decodePartialSuccess(content(value))
  return outcome
}

/** The same from its JSON form. @throws SyntaxError, RangeError when the text is none. */
export function parseExportResponse(text: string): SendOutcome {
  const response: unknown = JSON.parse(text)
  if (!isRecord(response)) throw new RangeError('An object was expected.')
  const partial = response['partialSuccess'] ?? response['partial_success'] ?? {}
  if (!isRecord(partial)) throw new RangeError('An object was expected.')
  const rejected = partial['rejectedSpans'] ?? partial['rejected_spans'] ?? 0
  const message = partial['errorMessage'] ?? partial['error_message'] ?? ''
  const rejectedSpans = typeof rejected === 'string' ? Number(rejected) : rejected
  if (
    typeof rejectedSpans !== 'number' ||
    !Number.isSafeInteger(rejectedSpans) ||
    typeof message !== 'string'
  )
    throw new RangeError('A field has the wrong type.')
  return { rejectedSpans, message: clean(message) }
}

function decodePartialSuccess(bytes: Buffer): SendOutcome {
  let rejectedSpans = 0
  let message = ''
  for (const { number, value } of readMessage(bytes)) {
    if (number === 1) rejectedSpans = Number(signed(value))
    if (number === 2) message = clean(content(value).toString())
  }
  return { rejectedSpans, message }
}
