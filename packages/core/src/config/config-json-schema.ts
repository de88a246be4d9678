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
  for (const kind of ['receiver', 'processor', 'exporter', 'connector', 'extension'] as const) {
    sections[sectionOfKind[kind]] = await sectionSchema(registry, kind, unusable)
  }
  for (const [name, schema] of Object.entries(productSections)) sections[name] = toJsonSchema(schema)
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Spanloom configuration',
    type: 'object',
    properties: { ...sections, service: service() },
    patternProperties: { '::': {} },
    additionalProperties: false,
    $defs: {
      [expansionDefinition]: expansionSchema,
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

async function sectionSchema(
  registry: Registry,
  kind: ComponentKind,
  unusable: (entry: RegistryEntry, error: unknown) => void,
): Promise<object> {
  const patterns: Record<string, object> = {}
  for (const entry of registry.entries.filter((candidate) => candidate.kind === kind)) {
    const schema = await componentSchema(entry).catch((error: unknown) => {
      if (entry.origin === undefined) throw error
      unusable(entry, error)
      return { title: titleOf(entry) }
    })
    patterns[`^${entry.type}(/.+)?$`] = schema
    for (const alias of entry.aliases ?? []) patterns[`^${alias}(/.+)?$`] = { ...schema, deprecated: true }
  }
  return {
    type: ['object', 'null'],
    description: descriptions[kind],
    patternProperties: { ...patterns, '::': {} },
    additionalProperties: false,
  }
}

async function componentSchema(entry: RegistryEntry): Promise<object> {
  const factory = await entry.load()
  const { section: _, ...whole } = factory.schema
  return { title: titleOf(entry), ...toJsonSchema(whole), ...described(factory.description) }
}

function titleOf({ type, kind }: RegistryEntry): string {
  return `${type} ${kind}`
}

function described(description: string | undefined): object {
  return description === undefined ? {} : { description, markdownDescription: description }
}

function service(): object {
  const { pipelines: _, ...properties } = serviceSchema.properties
  const whole: ObjectSchema = {
    ...serviceSchema,
    properties: { ...properties, pipelines: { type: 'object', additionalProperties: pipelineSchema } },
  }
  return toJsonSchema(whole)
}

/** Ids of registered components; names are free. */
function idSchema(registry: Registry, kinds: readonly ComponentKind[]): object {
  const entries = registry.entries.filter((entry) => kinds.includes(entry.kind))
  const types = [...entries.map((entry) => entry.type), ...entries.flatMap((entry) => entry.aliases ?? [])]
  return { type: 'string', pattern: String.raw`^\s*(${types.join('|')}|\$\{.*)\s*(/.+)?$`, examples: types }
}
