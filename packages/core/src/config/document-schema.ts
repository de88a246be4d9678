import type { ConfigSchema } from '../schema/schema.ts'
import { telemetrySchema } from './telemetry-schema.ts'
import { testsSchema } from './tests-schema.ts'

/** The sections of components, by kind. */
export const sectionOfKind = {
  receiver: 'receivers',
  processor: 'processors',
  exporter: 'exporters',
  connector: 'connectors',
  extension: 'extensions',
} as const

export type SectionName = (typeof sectionOfKind)[keyof typeof sectionOfKind]

/** Top-level sections beyond those of the reference (CFG-01); a file without them stays valid. */
export const productSections: Readonly<Record<string, ConfigSchema>> = {
  plugins: {
    type: 'array',
    items: { type: 'string', minLength: 1 },
    description:
      'Components that are not built in: files such as `./crane.mts`, relative to the file that lists them, or names of installed packages. Lists of several sources add up.',
  },
  tests: testsSchema,
}

const components = { type: 'object', additionalProperties: { any: true } } as const

/** The outline of a file; what is inside the sections is checked section by section. */
export const documentSchema = {
  receivers: components as typeof components,
  processors: components as typeof components,
  exporters: components as typeof components,
  connectors: components as typeof components,
  extensions: components as typeof components,
  service: { any: true },
} as const

/** The `service` section without its pipelines. */
export const serviceSchema = {
  type: 'object',
  description: 'Which components run, in which pipelines.',
  properties: {
    extensions: {
      type: 'array',
      items: { type: 'string', reference: 'extension' },
      commaSeparated: true,
      default: [],
      description: 'Ids of the extensions to run, in the order in which they start.',
    },
    pipelines: { type: 'object', additionalProperties: { any: true } },
    telemetry: telemetrySchema as typeof telemetrySchema,
    shutdown_timeout: {
      type: 'string',
      format: 'duration',
      minimumMs: 0,
      default: '30s',
      description: 'How long stopping may take before it is given up; 0 for no limit.',
    },
    shutdown_delay: {
      type: 'string',
      format: 'duration',
      minimumMs: 0,
      default: '0s',
      description: 'How long to keep serving after a stop signal, with readiness already false.',
    },
  },
} as const

/** One pipeline. */
export const pipelineSchema = {
  type: 'object',
  description:
    'A way that spans take: from all receivers, through the processors in order, to all exporters.',
  properties: {
    receivers: {
      type: 'array',
      items: { type: 'string', reference: 'receiver' },
      commaSeparated: true,
      default: [],
    },
    processors: {
      type: 'array',
      items: { type: 'string', reference: 'processor' },
      commaSeparated: true,
      default: [],
    },
    exporters: {
      type: 'array',
      items: { type: 'string', reference: 'exporter' },
      commaSeparated: true,
      default: [],
    },
  },
} as const
