import { checkConfig, ConfigError } from '@spanloom/core'

import {
  hubConnectionSettings,
  hubConsumerSettings,
  hubProducerSettings,
  type HubConsumerConfig,
  type HubProducerConfig,
} from '../src/index.ts'

const consumerSchema = {
  type: 'object',
  properties: { ...hubConnectionSettings, ...hubConsumerSettings },
  additionalProperties: false,
} as const
const producerSchema = {
  type: 'object',
  properties: { ...hubConnectionSettings, ...hubProducerSettings },
  additionalProperties: false,
} as const

/** Settings of a consumer as a component would parse them. */
export function consumerConfig(settings: Readonly<Record<string, unknown>>): HubConsumerConfig {
  const { config, issues } = checkConfig(consumerSchema, settings)
  if (issues.length > 0) throw new ConfigError(issues)
  return config as HubConsumerConfig
}

/** Settings of a producer as a component would parse them. */
export function producerConfig(settings: Readonly<Record<string, unknown>>): HubProducerConfig {
  const { config, issues } = checkConfig(producerSchema, settings)
  if (issues.length > 0) throw new ConfigError(issues)
  return config as HubProducerConfig
}
