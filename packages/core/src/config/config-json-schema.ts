import type { ComponentKind } from '../component/component.ts'
import type { Registry, RegistryEntry } from '../component/registry.ts'
import { expansionDefinition, expansionSchema, toJsonSchema } from '../schema/json-schema.ts'
import type { ObjectSchema } from '../schema/schema.ts'
import { pipelineSchema, productSections, sectionOfKind, serviceSchema } from './document-schema.ts'

/**
 * JSON Schema (draft 2020-12) of a whole configuration file with every registered component, for
 * completion and checks in editors. Loads all components. A plugin that cannot be loaded is told through `unusable`,
 * and any settings of it are right.
 */
export async function configJsonSchema(
  registry: Registry,
  unusable: (entry: RegistryEntry, error: unknown) => void = () => undefined,
): Promise<object> {
  const sections: Record<string, object> = {}
  const components: Record<string, object> = {}
  for (const kind of ['receiver', 'processor', 'exporter', 'connector', 'extension'] as const) {
    sections[sectionOfKind[kind]] = await sectionSchema(registry, kind, components, unusable)
  }
  for (const [name, schema] of Object.entries(productSections)) sections[name] = toJsonSchema(schema)
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    // No title: editors would repeat it above every description.
    $comment: 'Spanloom configuration',
    type: 'object',
    properties: { ...sections, service: service() },
    patternProperties: { '::': {} },
    additionalProperties: false,
    $defs: {
      [expansionDefinition]: expansionSchema,
      ...components,
      receiver_id: idSchema(registry, ['receiver', 'connector']),
      processor_id: idSchema(registry, ['processor']),
      exporter_id: idSchema(registry, ['exporter', 'connector']),
      extension_id: idSchema(registry, ['extension']),
    },
  }
}

const descriptions: Readonly<Record<ComponentKind, string>> = {
  receiver: 'Where spans and events come from.',
  processor: 'What happens to spans on their way.',
  exporter: 'Where spans go to.',
  connector: 'What joins pipelines: exporter of some and receiver of others.',
  extension: 'What serves the whole collector.',
}

/** The types as properties, which editors complete, and ids with a name as patterns. Adds the settings to `components`. */
async function sectionSchema(
  registry: Registry,
  kind: ComponentKind,
  components: Record<string, object>,
  unusable: (entry: RegistryEntry, error: unknown) => void,
): Promise<object> {
  const properties: Record<string, object> = {}
  const patterns: Record<string, object> = {}
  for (const entry of registry.entries.filter((candidate) => candidate.kind === kind)) {
    const name = `${kind}.${entry.type}`
    components[name] = await componentSchema(entry).catch((error: unknown) => {
      if (entry.origin === undefined) throw error
      unusable(entry, error)
      return {}
    })
    const settings = { $ref: `#/$defs/${name}` }
    properties[entry.type] = settings
    patterns[`^\\s*${entry.type}\\s*/.+$`] = settings
    for (const alias of entry.aliases ?? []) {
      const deprecationMessage = `Write ${entry.type} instead: ${alias} is its old name.`
      patterns[`^${alias}(/.+)?$`] = { ...settings, deprecated: true, deprecationMessage }
    }
  }
  return {
    type: ['object', 'null'],
    ...described(descriptions[kind]),
    properties,
    patternProperties: { ...patterns, '::': {} },
    additionalProperties: false,
  }
}

async function componentSchema(entry: RegistryEntry): Promise<object> {
  const factory = await entry.load()
  const { section: _, ...whole } = factory.schema
  return { ...toJsonSchema(whole), ...described(factory.description) }
}

function described(description: string | undefined): object {
  return description === undefined ? {} : { description, markdownDescription: description }
}

function service(): object {
  const { pipelines: _, ...properties } = serviceSchema.properties
  const whole: ObjectSchema = { ...serviceSchema, properties }
  return toJsonSchema(whole, { pipelines: pipelinesSchema() })
}

function pipelinesSchema(): object {
  const traces = toJsonSchema(pipelineSchema)
  const otherSignals =
    'This collector handles traces only; started with --traces-only, it skips this pipeline.'
  return {
    type: ['object', 'null'],
    ...described('The ways that spans take, by id: `traces`, or `traces/` and a name.'),
    properties: { traces },
    patternProperties: {
      '^\\s*traces\\s*/.+$': traces,
      '^\\s*(metrics|logs|profiles)\\s*(/.+)?$': { deprecated: true, deprecationMessage: otherSignals },
      '::': {},
    },
    additionalProperties: false,
  }
}

/** Ids of registered components; names are free. */
function idSchema(registry: Registry, kinds: readonly ComponentKind[]): object {
  const entries = registry.entries.filter((entry) => kinds.includes(entry.kind))
  const types = entries.map((entry) => entry.type)
  const all = [...types, ...entries.flatMap((entry) => entry.aliases ?? [])]
  const message = `Write the id of a configured ${kinds.join(' or ')}. Types: ${types.toSorted().join(', ')}.`
  return {
    type: 'string',
    pattern: String.raw`^\s*(${all.join('|')}|\$\{.*)\s*(/.+)?$`,
    examples: types,
    errorMessage: message,
    patternErrorMessage: message,
  }
}
