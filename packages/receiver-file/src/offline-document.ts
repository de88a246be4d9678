import { type OfflineFetching, parseOtlpJson, type ReceiverOptions, Traces } from '@spanloom/core'

import { decodeMessage } from './decode-message.ts'

/** Takes the content of a file out of anybody's hand: OTLP JSON, as one document or in lines. */
export function offlineDocument(
  { next }: Pick<ReceiverOptions<unknown>, 'next'>,
  maxSize: number,
): OfflineFetching {
  return {
    transport: 'file',
    take: async ({ body, signal }) =>
      next.consumeTraces(await tracesOf(Buffer.from(body), maxSize), { transport: 'file', signal }),
  }
}

async function tracesOf(body: Buffer, maxSize: number): Promise<Traces> {
  try {
    return parseOtlpJson(body)
  } catch {
    const lines = body.toString('utf8').split('\n')
    return Traces.concat(
      await Promise.all(lines.map((line) => decodeMessage(Buffer.from(line), 'lines', maxSize))),
    )
  }
}
