import { factoryOf, type Definition, type ExporterFactory } from '../component/define.ts'
import type { ExporterOptions } from '../component/options.ts'
import type { ConfigOf, ObjectSchema } from '../schema/schema.ts'
import { checkDelivery } from './check-settings.ts'
import { DeliveredExporter } from './delivered-exporter.ts'
import { directExporter, type DirectExporter } from './direct-exporter.ts'
import type { ExporterSender } from './sender.ts'
import { deliverySettings, type DeliveryConfig, type DeliveryOptions } from './settings.ts'

/** An exporter without the shared layers, such as one that writes a file. */
export interface DirectExporterDefinition<S extends ObjectSchema> extends Definition<S> {
  readonly delivery?: undefined
  create(options: ExporterOptions<ConfigOf<S>>): DirectExporter
}

/** An exporter that talks to something remote: it writes the sending, the host does the rest (section 8). */
export interface DeliveredExporterDefinition<S extends ObjectSchema> extends Definition<S> {
  /** Which shared settings are added to `schema`; `{}` for all with their usual defaults. */
  readonly delivery: DeliveryOptions
  create(options: ExporterOptions<ConfigOf<S>>): ExporterSender
}

/** Declares an exporter; the type of its `config` follows from `schema`. */
export function defineExporter<const S extends ObjectSchema>(
  definition: DeliveredExporterDefinition<S>,
): ExporterFactory
export function defineExporter<const S extends ObjectSchema>(
  definition: DirectExporterDefinition<S>,
): ExporterFactory
export function defineExporter(
  definition: DeliveredExporterDefinition<ObjectSchema> | DirectExporterDefinition<ObjectSchema>,
): ExporterFactory {
  return Object.freeze(definition.delivery === undefined ? direct(definition) : delivered(definition))
}

function direct(definition: DirectExporterDefinition<ObjectSchema>): ExporterFactory {
  return factoryOf('exporter', definition, (options: ExporterOptions<unknown>, config) =>
    directExporter(definition.create({ ...options, config }), options),
  )
}

function delivered(definition: DeliveredExporterDefinition<ObjectSchema>): ExporterFactory {
  const factory = factoryOf(
    'exporter',
    definition,
    (options: ExporterOptions<unknown>, config) =>
      // The whole config was parsed with the schema below, of which the shared settings are a part.
      new DeliveredExporter(
        definition.create({ ...options, config }),
        options.config as DeliveryConfig,
        options,
      ),
  )
  const properties = { ...definition.schema.properties, ...deliverySettings(definition.delivery) }
  return {
    ...factory,
    overlaps: definition.overlaps ?? true,
    schema: { ...definition.schema, properties },
    validate(config, report) {
      factory.validate(config, report)
      checkDelivery(config as DeliveryConfig, report)
    },
  }
}
