import { defineProcessor, statelessProcessor, type ProcessorFactory } from '@spanloom/core'

import { actionsSchema, checkActions, compileActions } from './actions.ts'

/** Changes attributes of resources (`collector-conventions.md` section 14). */
export const resourceProcessor: ProcessorFactory = defineProcessor({
  type: 'resource',
  stability: 'beta',
  description: 'Inserts, changes, hashes, extracts and deletes attributes of resources.',
  schema: {
    type: 'object',
    properties: { attributes: { ...actionsSchema, minItems: 1 } },
    required: ['attributes'],
  },
  validate: (config, report) => checkActions(config.attributes, ['attributes'], report),
  create({ config, next }) {
    const change = compileActions(config.attributes)
    return statelessProcessor(next, (traces, context) =>
      traces.mapResources((resource) => {
        const changed = change(resource, context)
        return changed ? resource.with({ attributes: changed.set, remove: changed.remove }) : resource
      }),
    )
  },
})
