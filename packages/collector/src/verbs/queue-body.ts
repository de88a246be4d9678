import { gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'

import { parseBodyFormat, parseOtlpJson, SpanloomError, Traces } from '@spanloom/core'
import { framesMediaType, tracesOfStoredBody } from '@spanloom/exporter-eventhubs/stored-body'

/** A stored body is smaller than that when it is unpacked, or it is a bomb. */
const maxOutputLength = 256 << 20

/**
 * The traces in a stored body.
 *
 * @throws SpanloomError when the form is not known here, or the body is not what its form says.
 */
export function tracesOfBody(body: Uint8Array, format: string | undefined): Traces {
  if (format === undefined) {
    throw new SpanloomError('BODY_UNKNOWN', 'the form of the body is not known', { hint: 'Export it raw.' })
  }
  const { mediaType, compression } = parseBodyFormat(format)
  try {
    const plain = unpack(body, compression)
    if (mediaType === 'application/x-protobuf') return Traces.fromProtobuf(plain)
    if (mediaType === 'application/json') return tracesOfJson(plain)
    const events = mediaType === framesMediaType ? tracesOfStoredBody(plain) : undefined
    if (events !== undefined) return events
  } catch (cause) {
    if (cause instanceof SpanloomError && cause.code === 'BODY_UNKNOWN') throw cause
    throw new SpanloomError('BODY_DAMAGED', `the body is no ${format}`, { cause })
  }
  throw unknown(format)
}

/** Notifications and deliveries are JSON, too; read as OTLP they would be traces without spans. */
function tracesOfJson(body: Uint8Array): Traces {
  const traces = parseOtlpJson(body)
  if (traces.spanCount > 0 || /"resource_?[sS]pans"/.test(Buffer.from(body).toString())) return traces
  throw new SpanloomError('BODY_UNKNOWN', 'the body is JSON, but no traces', { hint: 'Export it raw.' })
}

/** Ending of the name of a file that holds such a body. */
export function endingOf(format: string | undefined): string {
  if (format === undefined) return 'bin'
  const { mediaType, compression } = parseBodyFormat(format)
  const types: ReadonlyMap<string, string> = new Map([
    ['application/x-protobuf', 'pb'],
    ['application/json', 'json'],
  ])
  const packings: ReadonlyMap<string, string> = new Map([
    ['gzip', '.gz'],
    ['zstd', '.zst'],
    ['deflate', '.zz'],
    ['zlib', '.zz'],
  ])
  const packing = compression === undefined ? '' : (packings.get(compression) ?? '.packed')
  const type = types.get(mediaType) ?? (mediaType.endsWith('+json') ? 'json' : 'bin')
  return `${type}${packing}`
}

function unpack(body: Uint8Array, compression: string | undefined): Uint8Array {
  switch (compression) {
    case undefined:
      return body
    case 'gzip':
      return gunzipSync(body, { maxOutputLength })
    case 'deflate':
    case 'zlib':
      return inflateSync(body, { maxOutputLength })
    case 'zstd':
      return zstdDecompressSync(body, { maxOutputLength })
    default:
      throw unknown(compression)
  }
}

const unknown = (what: string): SpanloomError =>
  new SpanloomError('BODY_UNKNOWN', `a body of the form ${what} cannot be read here`, {
    hint: 'Export it raw.',
  })
