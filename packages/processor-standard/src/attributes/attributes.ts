import { defineProcessor, statelessProcessor, type ProcessorFactory } from '@spanloom/core'

import { checkMatchProperties, compileMatch, matchProperties } from '../match/match-properties.ts'
import { actionsSchema, checkActions, compileActions } from './actions.ts'

/** Changes attributes of spans (`collector-conventions.md` section 14). */
export const attributesProcessor: ProcessorFactory = defineProcessor({
  type: 'attributes',
  stability: 'beta',
  description: 'Inserts, changes, hashes, extracts and deletes attributes of spans.',
  schema: {
    type: 'object',
    properties: {
      actions: { ...actionsSchema, minItems: 1 },
      include: { ...matchProperties, description: 'Only spans that fit are changed.' },
      exclude: { ...matchProperties, description: 'Spans that fit are left alone.' },
    },
    required: ['actions'],
  },
  validate(config, report) {
    checkActions(config.actions, ['actions'], report)
    if (config.include) checkMatchProperties(config.include, ['include'], report)
    if (config.exclude) checkMatchProperties(config.exclude, ['exclude'], report)
  },
  create({ config, next }) {
    const change = compileActions(config.actions)
    const included = config.include ? compileMatch(config.include) : () => true
    const excluded = config.exclude ? compileMatch(config.exclude) : () => false
    return statelessProcessor(next, (traces, context) =>
      traces.map((span) => {
        if (!included(span) || excluded(span)) return span
        const changed = change(span, context)
        return changed ? span.with({ attributes: changed.set, removeAttributes: changed.remove }) : span
      }),
    )
  },
})
