import { gzipSync } from 'node:zlib'

import { type Span, toOtlpJson, Traces } from '@spanloom/core'

import type { FramedEvent } from './frames.ts'
import type { PartitionKeyOf } from './partition-key.ts'

/** How spans become events of OTLP. */
export interface OtlpEventsOptions {
  readonly encoding: 'otlp_proto' | 'otlp_json'
  readonly partitionKeyOf: PartitionKeyOf
  readonly compression: 'none' | 'gzip'
}

/** The events of a batch: those of one partition key together, cut where they would exceed `maxBytes`. */
export function otlpEvents(
  traces: Traces,
  options: OtlpEventsOptions,
  maxBytes: number,
): readonly FramedEvent[] {
  return byKey(traces, options.partitionKeyOf).flatMap(([key, part]) =>
    part.split(maxBytes, 'bytes').flatMap((piece) => fitting(piece, key, options, maxBytes)),
  )
}

/** The spans of an event. */
export function tracesOfEvent({ body, form, compression }: FramedEvent, read: Readers): Traces {
  const plain = compression === 'gzip' ? read.unzip(body) : body
  return form === 'otlp_json' ? read.json(plain) : Traces.fromProtobuf(plain)
}

/** What reading an event needs, so that events that are never read again cost nothing. */
export interface Readers {
  readonly unzip: (body: Uint8Array) => Uint8Array
  readonly json: (body: Uint8Array) => Traces
}

function byKey(traces: Traces, keyOf: PartitionKeyOf): readonly (readonly [string | undefined, Traces])[] {
  const groups = new Map<string | undefined, Span[]>()
  traces.forEach((span) => {
    const key = keyOf(span)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [span])
    else group.push(span)
  })
  const [only] = groups.keys()
  // What stays together is not copied.
  if (groups.size === 1) return [[only, traces]]
  return [...groups].map(([key, spans]) => [key, Traces.of(spans)])
}

/** JSON is larger than the bytes that the cut went by, so that a piece may need another one. */
function fitting(
  piece: Traces,
  partitionKey: string | undefined,
  options: OtlpEventsOptions,
  maxBytes: number,
): readonly FramedEvent[] {
  const { encoding, compression } = options
  const plain = encoding === 'otlp_json' ? Buffer.from(toOtlpJson(piece)) : piece.toProtobuf()
  const body = compression === 'gzip' ? gzipSync(plain) : plain
  if (body.length > maxBytes && piece.spanCount > 1) {
    return piece
      .split(Math.ceil(piece.spanCount / 2), 'items')
      .flatMap((half) => fitting(half, partitionKey, options, maxBytes))
  }
  return [
    {
      body,
      form: encoding,
      spans: piece.spanCount,
      ...(partitionKey === undefined ? {} : { partitionKey }),
      ...(compression === 'gzip' ? { compression } : {}),
    },
  ]
}
