import { defineProcessor, statelessProcessor, type ProcessorFactory } from '@spanloom/core'

import {
  checkMatchProperties,
  compileMatch,
  matchProperties,
  type SpanPredicate,
} from '../match/match-properties.ts'
import { checkConditions, compileConditions, conditionsSchema } from './conditions.ts'

/**
 * Drops spans. Takes the reference's `spans` section (`include` and `exclude` properties) and conditions
 * of our own, no OTTL (decision 7). Dropped spans are counted with the reason `filtered`.
 */
export const filterProcessor: ProcessorFactory = defineProcessor({
  type: 'filter',
  stability: 'beta',
  description: 'Drops spans that conditions name, or all others.',
  schema: {
    type: 'object',
    properties: {
      keep: { ...conditionsSchema, description: 'Spans that fit none of these conditions are dropped.' },
      drop: { ...conditionsSchema, description: 'Spans that fit one of these conditions are dropped.' },
      spans: {
        type: 'object',
        section: 'bare',
        description: 'The reference collector’s properties.',
        properties: {
          include: { ...matchProperties, description: 'Spans that do not fit are dropped.' },
          exclude: { ...matchProperties, description: 'Spans that fit are dropped.' },
        },
      },
      error_mode: {
        type: 'string',
        enum: ['ignore', 'silent', 'propagate'],
        ignored: 'The conditions here cannot fail, so `error_mode` has no effect.',
      },
      traces: {
        any: true,
        description:
          'OTTL conditions of the reference collector; not supported, write `drop` conditions instead.',
      },
    },
  },
  validate(config, report) {
    if (config.traces !== undefined) {
      report(
        ['traces'],
        'OTTL conditions are not supported',
        'write them as `drop` conditions, for example drop: [{ name: health, service: [a, b] }]',
      )
      return
    }
    checkConditions(config.keep ?? [], 'keep', report)
    checkConditions(config.drop ?? [], 'drop', report)
    if (config.spans?.include) checkMatchProperties(config.spans.include, ['spans', 'include'], report)
    if (config.spans?.exclude) checkMatchProperties(config.spans.exclude, ['spans', 'exclude'], report)
    if (!config.keep?.length && !config.drop?.length && !config.spans?.include && !config.spans?.exclude) {
      report([], 'one of "keep", "drop" or "spans" is required')
    }
  },
  create({ config, next, telemetry }) {
    const tests: SpanPredicate[] = []
    if (config.spans?.include) tests.push(compileMatch(config.spans.include))
    if (config.spans?.exclude) tests.push(not(compileMatch(config.spans.exclude)))
    if (config.keep?.length) tests.push(compileConditions(config.keep))
    if (config.drop?.length) tests.push(not(compileConditions(config.drop)))
    return statelessProcessor(
      next,
      (traces) => traces.filter((span) => tests.every((test) => test(span))),
      (spans) => telemetry.accounting.dropped(spans, 'filtered'),
    )
  },
})

const not =
  (test: SpanPredicate): SpanPredicate =>
  (span) =>
    !test(span)
