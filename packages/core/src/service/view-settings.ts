import { parseConfig } from '../schema/parse-config.ts'
import type { ObjectSchema } from '../schema/schema.ts'
import type { ViewSettings } from '../telemetry/metric-views.ts'

const names = { type: 'array', items: { type: 'string' } } as const

const viewSchema = {
  type: 'object',
  properties: {
    selector: {
      type: 'object',
      properties: {
        instrument_name: { type: 'string', default: '*' },
        instrument_type: { type: 'string' },
        meter_name: { type: 'string' },
        meter_version: { type: 'string' },
        meter_schema_url: { type: 'string' },
        unit: { type: 'string' },
      },
    },
    stream: {
      type: 'object',
      properties: {
        name: { type: 'string' },
        description: { type: 'string' },
        attribute_keys: { type: 'object', properties: { included: names, excluded: names } },
        aggregation: {
          type: 'object',
          properties: {
            default: { type: 'object', section: 'ready', properties: {} },
            drop: { type: 'object', section: 'ready', properties: {} },
            explicit_bucket_histogram: {
              type: 'object',
              section: 'bare',
              properties: {
                boundaries: { type: 'array', items: { type: 'number' } },
                record_min_max: { type: 'boolean', default: true },
              },
            },
          },
        },
      },
    },
  },
} as const satisfies ObjectSchema

/**
 * Reads `metrics.views`, which the reference leaves to its SDK.
 *
 * @throws ConfigError with all faults.
 */
export function parseViews(views: readonly unknown[]): readonly ViewSettings[] {
  return views.map((view, index) => {
    const path = ['service', 'telemetry', 'metrics', 'views', index]
    const { selector, stream } = parseConfig(viewSchema, view, path)
    return {
      instrumentName: selector.instrument_name,
      name: stream.name,
      description: stream.description,
      included: stream.attribute_keys.included,
      excluded: stream.attribute_keys.excluded,
      drop: stream.aggregation.drop !== undefined,
      boundaries: stream.aggregation.explicit_bucket_histogram?.boundaries,
    }
  })
}
