import { defineProcessor, statelessProcessor, type ProcessorFactory, type Span } from '@spanloom/core'

import { keptByHash } from './hash-seed.ts'
import { probabilityOf, readSamplingState, thresholdOf, writeThreshold } from './threshold.ts'

/**
 * Keeps a share of the traces, the same ones on every instance (`collector-conventions.md` section 14).
 * The attribute `sampling.priority` overrides: 0 drops, above 0 keeps. Drops count with the reason `not_sampled`.
 */
export const probabilisticSamplerProcessor: ProcessorFactory = defineProcessor({
  type: 'probabilistic_sampler',
  stability: 'beta',
  description: 'Keeps a share of the traces, decided by their ids.',
  schema: {
    type: 'object',
    properties: {
      sampling_percentage: {
        type: 'number',
        minimum: 0,
        default: 0,
        description: 'Share of traces to keep; 100 and above keeps all, 0 none.',
      },
      mode: {
        type: 'string',
        enum: ['', 'proportional', 'equalizing', 'hash_seed'],
        default: '',
        description:
          '`proportional` reduces what arrives by the percentage, `equalizing` brings all traces to the percentage, `hash_seed` hashes trace id and seed. Empty: `hash_seed` when a seed is given, else `proportional`.',
      },
      hash_seed: {
        type: 'integer',
        minimum: 0,
        maximum: 4294967295,
        default: 0,
        description: 'Seed of `hash_seed`.',
      },
      fail_closed: {
        type: 'boolean',
        default: true,
        description: 'Whether traces without an id are dropped.',
      },
      sampling_precision: {
        type: 'integer',
        minimum: 1,
        maximum: 14,
        default: 4,
        description: 'Hex digits of the threshold that is written into the trace state.',
      },
      attribute_source: {
        type: 'string',
        enum: ['traceID'],
        ignored: 'Traces are always sampled by their id, so `attribute_source` has no effect.',
      },
    },
  },
  validate(config, report) {
    const smallest = 100 / 2 ** 56
    if (config.sampling_percentage > 0 && config.sampling_percentage < smallest) {
      report(['sampling_percentage'], `sampling rate is too small: ${config.sampling_percentage}%`)
    }
  },
  create({ config, next, telemetry }) {
    const decide = samplerOf(config)
    return statelessProcessor(
      next,
      (traces) =>
        traces.map((span) => {
          const priority = priorityOf(span)
          if (priority === 'drop') return undefined
          return priority === 'keep' ? span : decide(span)
        }),
      (spans) => telemetry.accounting.dropped(spans, 'not_sampled'),
    )
  },
})

interface SamplerConfig {
  readonly sampling_percentage: number
  readonly mode: string
  readonly hash_seed: number
  readonly fail_closed: boolean
  readonly sampling_precision: number
}

function samplerOf(config: SamplerConfig): (span: Span) => Span | undefined {
  const { sampling_percentage: percentage, hash_seed: seed, fail_closed: failClosed } = config
  const mode = config.mode === '' ? (seed === 0 ? 'proportional' : 'hash_seed') : config.mode
  if (percentage <= 0) return () => undefined
  const probability = Math.min(1, percentage / 100)
  const own = thresholdOf(probability, config.sampling_precision)
  const withoutId = (span: Span): Span | undefined => (failClosed ? undefined : span)

  if (mode === 'hash_seed') {
    return (span) => {
      const { traceId } = span
      if (traceId === '') return withoutId(span)
      return percentage >= 100 || keptByHash(traceId, seed, percentage) ? span : undefined
    }
  }
  return (span) => {
    const { traceId, traceState } = span
    if (traceId === '') return withoutId(span)
    const { randomness = traceId.slice(18), threshold: before } = readSamplingState(traceState)
    let threshold = own
    if (before !== undefined) {
      threshold =
        mode === 'equalizing'
          ? before > own
            ? before
            : own
          : thresholdOf(probability * probabilityOf(before), config.sampling_precision)
    }
    if (randomness < threshold) return undefined
    return threshold === before ? span : span.with({ traceState: writeThreshold(traceState, threshold) })
  }
}

function priorityOf(span: Span): 'keep' | 'drop' | undefined {
  const value = span.attribute('sampling.priority')
  if (typeof value !== 'number' && typeof value !== 'string') return undefined
  const priority = Number(value)
  if (value === '' || Number.isNaN(priority)) return undefined
  return priority > 0 ? 'keep' : 'drop'
}
