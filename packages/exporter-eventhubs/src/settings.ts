import { type ConfigOf, type ReportIssue } from '@spanloom/core'
import { checkHubProducer, type HubProducerConfig } from '@spanloom/eventhubs'

import type { EncoderSettings } from './event-encoder.ts'
import { mappingParts } from './invictus/mapping.ts'
import { hasPlaceholder, templateFault } from './placeholders.ts'

/** Settings of the Invictus encoding (`invictus.md` chapter 11). */
const flowSettings = {
  type: 'object',
  description: 'With `encoding: invictus`: how spans become flow-trace events.',
  properties: {
    select: {
      type: 'string',
      enum: ['all', 'marked', 'roots'],
      default: 'all',
      description:
        'Spans that are told: all, those with any `invictus.*` attribute, or roots and those of kind SERVER or CONSUMER. Every technical span in it floods a business dashboard: prefer `marked` or `roots`.',
    },
    span_events: {
      type: 'string',
      enum: ['all', 'none'],
      default: 'all',
      description: 'Whether span events become events of their own, mostly `Active`.',
    },
    source: {
      type: 'string',
      minLength: 1,
      description: '`Source` of all events. Default: `invictus.source`, else `service.name`.',
    },
    mappings: {
      type: 'object',
      description: 'Mapping of spans that bring none; a part whose attribute is missing is left out.',
      properties: {
        Domain: {
          type: 'string',
          description:
            'Domain of the flow, such as `Invoicing`. Placeholders: `{resource:attribute}`, `{span:attribute}`.',
        },
        Service: {
          type: 'string',
          description:
            'Service of the flow, such as `{resource:service.name}`. Placeholders: `{resource:attribute}`, `{span:attribute}`.',
        },
        Action: {
          type: 'string',
          description:
            'Action of the flow, such as `{span:order.action}`. Placeholders: `{resource:attribute}`, `{span:attribute}`.',
        },
        Version: {
          type: 'string',
          description:
            'Version of the flow, such as `{resource:service.version}`. Placeholders: `{resource:attribute}`, `{span:attribute}`.',
        },
      },
      additionalProperties: false,
    },
    data_attributes: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      default: [],
      description: 'Attributes that become business properties beside `invictus.data.*`.',
    },
    preserve: {
      type: 'boolean',
      default: false,
      description:
        'Puts the whole span into the property `otel.json`, so that the receiver of Spanloom brings it back as it was. Costs size.',
    },
  },
  additionalProperties: false,
} as const

/** Settings of the exporter beside those of its hub and its delivery. */
export const eventSettings = {
  encoding: {
    type: 'string',
    enum: ['otlp_proto', 'otlp_json', 'invictus'],
    default: 'otlp_proto',
    description: 'What an event is: OTLP as protobuf or JSON, or a list of Invictus flow-trace events.',
  },
  compression: {
    type: 'string',
    enum: ['none', 'gzip'],
    default: 'none',
    description: '`gzip` packs each event of OTLP and says so in its property `content-encoding`.',
  },
  partition_key: {
    type: 'string',
    minLength: 1,
    default: 'trace_id',
    description:
      'What stays together in a partition: `trace_id`; `assembly`, for fragments that are assembled behind the hub (`spanloom.group`, else `spanloom.key`, else the trace); `none`; or an attribute such as `{span:order.id}` or `{resource:service.name}`. Invictus events go by their chain, or with `none` anywhere.',
  },
  invictus: flowSettings as typeof flowSettings,
} as const

/** Parsed settings of the exporter. */
export type AzureEventHubConfig = HubProducerConfig &
  ConfigOf<{ readonly type: 'object'; readonly properties: typeof eventSettings }>

const namedKeys: ReadonlySet<string> = new Set(['trace_id', 'assembly', 'none'])

/** Checks what concerns several settings. */
export function checkSettings(config: AzureEventHubConfig, report: ReportIssue): void {
  checkHubProducer(config, report)
  const { encoding, compression, partition_key: key, invictus } = config
  if (encoding === 'invictus') {
    if (compression !== 'none') report(['compression'], 'is not possible with `encoding: invictus`')
    if (key !== 'trace_id' && key !== 'none')
      report(['partition_key'], 'must be trace_id or none with `encoding: invictus`')
  } else if (!namedKeys.has(key)) {
    const fault = templateFault(key)
    if (fault !== undefined) report(['partition_key'], fault)
    else if (!hasPlaceholder(key))
      report(['partition_key'], `"${key}" would put everything into one partition`, `Write {span:${key}}.`)
  }
  for (const part of mappingParts) {
    const fault = templateFault(invictus.mappings[part] ?? '')
    if (fault !== undefined) report(['invictus', 'mappings', part], fault)
  }
}

/** What of the settings decides how a batch becomes events. */
export function encoderSettings(config: AzureEventHubConfig): EncoderSettings {
  const { invictus } = config
  return {
    encoding: config.encoding,
    partitionKey: config.partition_key,
    compression: config.compression,
    flow: {
      select: invictus.select,
      spanEvents: invictus.span_events,
      source: invictus.source,
      mappings: invictus.mappings,
      dataAttributes: invictus.data_attributes,
      preserve: invictus.preserve,
    },
  }
}
