import type { ConfigOf } from '@spanloom/core'

/** Settings of the plain mode beside those of its server (11.1). */
export const plainSettings = {
  path: {
    type: 'string',
    pattern: '^/',
    default: '/',
    description: 'Path of the answer in plain mode; `/` stands for all.',
  },
  response_body: {
    type: 'object',
    description: 'Bodies in place of the usual ones.',
    properties: {
      healthy: { type: 'string', description: 'Body while the pipelines run.' },
      unhealthy: { type: 'string', description: 'Body while they do not.' },
    },
    additionalProperties: false,
  },
} as const

/** Settings of the detailed mode beside those of its server (11.2). */
export const detailedSettings = {
  use_v2: {
    type: 'boolean',
    default: false,
    description: 'Answers with the status of every component. The type `healthcheckv2` does so always.',
  },
  component_health: {
    type: 'object',
    description: 'Which errors of components make the whole unhealthy in detailed mode.',
    properties: {
      include_permanent_errors: { type: 'boolean', default: false },
      include_recoverable_errors: { type: 'boolean', default: false },
      recovery_duration: {
        type: 'string',
        format: 'duration',
        default: '5m',
        description: 'How long an error may last from which a component can recover.',
      },
    },
    additionalProperties: false,
  },
  grpc: { any: true, ignored: 'health_check has no gRPC service; grpc has no effect.' },
} as const

/** Pages of the detailed mode. */
export const pageSettings = {
  status: {
    type: 'object',
    description: 'Status of the collector and, with `?pipeline=`, of one pipeline.',
    properties: {
      enabled: { type: 'boolean', default: true },
      path: { type: 'string', pattern: '^/', default: '/status' },
    },
    additionalProperties: false,
  },
  config: {
    type: 'object',
    description: 'The effective configuration without secrets.',
    properties: {
      enabled: { type: 'boolean', default: false },
      path: { type: 'string', pattern: '^/', default: '/config' },
    },
    additionalProperties: false,
  },
} as const

export type ResponseBodies = ConfigOf<(typeof plainSettings)['response_body']>
export type ComponentHealth = ConfigOf<(typeof detailedSettings)['component_health']>
