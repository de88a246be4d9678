import type { SpanInit } from '@spanloom/core'

import type { Values } from './attributes.ts'
import type { TranslationOptions } from './options.ts'

/** The last segment of a type: what happened. */
export const lastSegment = (type: string): string => type.slice(type.lastIndexOf(':') + 1)

/** What an ending says of how it went. */
export function outcomeAttributes(outcome: string): Values {
  return { 'orchest.outcome': outcome, ...(outcome === 'failed' ? { 'error.type': 'failure' } : {}) }
}

/** The type of an event decides, never the status in its payload. */
export function statusOf(
  outcome: string,
  type: string,
  { setOk }: TranslationOptions,
): Pick<SpanInit, 'status'> {
  if (outcome === 'failed') return { status: { code: 'ERROR', message: type } }
  const isGood = outcome === 'succeeded' || outcome === 'stopped'
  return setOk && isGood ? { status: { code: 'OK' } } : {}
}

const results: Readonly<Record<string, string>> = {
  succeeded: 'success',
  failed: 'failure',
  cancelled: 'cancellation',
}

/** How a pipeline run ended, in the words of the CI/CD conventions. */
export function resultOf(entity: string, outcome: string): Values {
  const result = entity === 'pipeline-run' ? results[outcome] : undefined
  return result === undefined ? {} : { 'cicd.pipeline.result': result }
}
