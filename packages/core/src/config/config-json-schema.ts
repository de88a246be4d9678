import type { ComponentKind } from '../component/component.ts'
import type { Registry } from '../component/registry.ts'
import { expansionDefinition, expansionSchema, toJsonSchema } from '../schema/json-schema.ts'
import type { ObjectSchema } from '../schema/schema.ts'
import { pipelineSchema, productSections, sectionOfKind, serviceSchema } from './document-schema.ts'

/**
 * JSON Schema (draft 2020-12) of a whole configuration file with every registered component, for
 * completion and checks in editors. Loads all components.
 */
export async function configJsonSchema(registry: Registry): Promise<object> {
  const sections: Record<string, object> = {}
  for (const kind of ['receiver', 'processor', 'exporter', 'connector', 'extension'] as const) {
    sections[sectionOfKind[kind]] = await sectionSchema(registry, kind)
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

async function sectionSchema(registry: Registry, kind: ComponentKind): Promise<object> {
  const patterns: Record<string, object> = {}
  for (const entry of registry.entries.filter((candidate) => candidate.kind === kind)) {
    const factory = await entry.load()
    const { section: _, ...whole } = factory.schema
    const schema = {
      title: `${entry.type} ${kind}`,
      ...toJsonSchema(whole),
      ...described(factory.description),
    }
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
