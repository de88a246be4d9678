import { type Context, ROOT_CONTEXT, trace } from '@opentelemetry/api'

import type { Metadata } from './sender.ts'

/** What is stored beside the body of a request (EXP-42). */
export interface RecordAttributes {
  /** `ExporterSender.format` of the sender that made the body. */
  readonly format?: string | undefined
  readonly metadata?: Metadata | undefined
  /** The collector's own trace context. */
  readonly trace?: Context | undefined
  /** Attempts that an earlier record of the same data had, of which this is what was left. */
  readonly attempts?: number | undefined
}

/** Headers that prove who the sender is. They never reach the disk (EXP-42). */
const credentials: ReadonlySet<string> = new Set([
  'api-key',
  'authorization',
  'cookie',
  'proxy-authorization',
  'set-cookie',
  'x-api-key',
  'x-auth-token',
])

const traceParent = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

/** The stored form, a small JSON text; nothing where there is nothing to tell. */
export function encodeAttributes({
  format,
  metadata,
  trace: context,
  attempts,
}: RecordAttributes): Uint8Array | undefined {
  const headers = [...(metadata ?? [])].filter(([name]) => !credentials.has(name.toLowerCase()))
  const span = context === undefined ? undefined : trace.getSpanContext(context)
  const told = {
    ...(format === undefined ? {} : { format }),
    ...(headers.length === 0 ? {} : { metadata: headers }),
    ...(span === undefined ? {} : { trace: parentOf(span) }),
    ...(attempts === undefined ? {} : { attempts }),
  }
  return Object.keys(told).length === 0 ? undefined : Buffer.from(JSON.stringify(told))
}

/** @throws Error when the bytes are not what `encodeAttributes` made. */
export function decodeAttributes(bytes: Uint8Array | undefined): RecordAttributes {
  if (bytes === undefined) return {}
  const told: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  if (typeof told !== 'object' || told === null) throw new TypeError('The attributes are no object.')
  const { format, metadata, trace: parent, attempts } = told as Readonly<Record<string, unknown>>
  return {
    ...(format === undefined ? {} : { format: textOf(format) }),
    ...(metadata === undefined ? {} : { metadata: metadataOf(metadata) }),
    ...(parent === undefined ? {} : { trace: contextOf(textOf(parent)) }),
    ...(attempts === undefined ? {} : { attempts: countOf(attempts) }),
  }
}

function parentOf({
  traceId,
  spanId,
  traceFlags,
}: NonNullable<ReturnType<typeof trace.getSpanContext>>): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}

function contextOf(parent: string): Context {
  const [, traceId = '', spanId = '', flags = ''] = traceParent.exec(parent) ?? []
  if (traceId === '') throw new TypeError('The trace context is none.')
  const span = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
  return trace.setSpanContext(ROOT_CONTEXT, span)
}

function metadataOf(value: unknown): Metadata {
  return new Map(
    listOf(value).map((entry): [string, readonly string[]] => {
      const [name, values] = listOf(entry)
      return [textOf(name), listOf(values).map(textOf)]
    }),
  )
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError('The attributes miss a list.')
  return value
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('The attributes miss a text.')
  return value
}

function countOf(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new TypeError('The attributes miss a number.')
  }
  return value
}
