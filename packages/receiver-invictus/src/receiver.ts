import {
  checkHttpServer,
  type Component,
  defineReceiver,
  type HttpSource,
  httpServerSettings,
  httpSourceSettings,
  type ReceiverFactory,
} from '@spanloom/core'

import { fileIntake } from './file-intake.ts'
import { httpIntake } from './http-intake.ts'
import { createIntake } from './intake.ts'
import { profiles } from './profiles.ts'
import { parseZone } from './time.ts'
import { createTranslate } from './translate.ts'

/** A running receiver. */
export interface InvictusReceiver extends Component {
  /** Where its HTTP intake listens; `undefined` without one and before the start. */
  readonly url: URL | undefined
}

/** Makes fragments of Invictus flow-trace events, one of each (`invictus.md`). */
export const invictusReceiver: ReceiverFactory<InvictusReceiver> = defineReceiver({
  type: 'invictus',
  stability: 'beta',
  description: 'Receives Invictus flow-trace events; each becomes a fragment of the span of its step.',
  schema: {
    type: 'object',
    properties: {
      http: {
        type: 'object',
        section: 'ready',
        description: 'Takes events by POST.',
        properties: {
          ...httpServerSettings,
          ...httpSourceSettings,
          endpoint: { ...httpServerSettings.endpoint, default: 'localhost:8099' },
        },
        additionalProperties: false,
      },
      file: {
        type: 'object',
        section: 'bare',
        description: 'Reads events from files: one JSON document in each, or one in each line.',
        properties: {
          include: {
            type: 'array',
            items: { type: 'string', minLength: 1 },
            minItems: 1,
            commaSeparated: true,
            description: 'Paths of files, or patterns such as `./events/*.json`.',
          },
          exclude: {
            type: 'array',
            items: { type: 'string', minLength: 1 },
            commaSeparated: true,
            default: [],
            description: 'Patterns of files that are left out.',
          },
          format: {
            type: 'string',
            enum: ['auto', 'document', 'lines'],
            default: 'auto',
            description:
              '`document`: the file is one. `lines`: every line is one. `auto` tells by the first line.',
          },
          start_at: {
            type: 'string',
            enum: ['beginning', 'end'],
            default: 'beginning',
            description: 'Where reading begins in files that are there at the start.',
          },
          follow: {
            type: 'boolean',
            default: false,
            description: 'Goes on with new lines and new files. Otherwise every file is read once.',
          },
          poll_interval: {
            type: 'string',
            format: 'duration',
            default: '200ms',
            minimumMs: 1,
            description: 'How often new files and new content are looked for.',
          },
        },
        required: ['include'],
        additionalProperties: false,
      },
      assume_zone: {
        type: 'string',
        default: 'UTC',
        description: 'Zone of times that name none: `UTC`, or an offset such as `+02:00`.',
      },
      default_service_name: {
        type: 'string',
        minLength: 1,
        default: 'invictus',
        description: '`service.name` of events whose mapping names no service.',
      },
      set_ok: {
        type: 'boolean',
        default: false,
        description: 'Gives completed steps the status OK rather than none.',
      },
      link_message_context: {
        type: 'boolean',
        default: true,
        description: 'Links to the span that the message names in `Diagnostic-Id` or `traceparent`.',
      },
      max_events_per_message: {
        type: 'integer',
        minimum: 1,
        default: 10_000,
        description: 'A message with more events is rejected.',
      },
      max_body_size: {
        type: 'integer',
        minimum: 1,
        default: 1_048_576,
        description: 'Bytes of a message, before and after decompression; a larger one is rejected.',
      },
    },
    additionalProperties: false,
  },
  profiles,
  transports: ({ http, file }) => [...(http ? ['http'] : []), ...(file ? ['file'] : [])],
  validate(config, report) {
    if (config.http === undefined && config.file === undefined)
      report([], 'one of http and file must be specified')
    if (config.http !== undefined) checkHttpServer(config.http, ['http'], report)
    if (parseZone(config.assume_zone) === undefined) {
      report(['assume_zone'], `"${config.assume_zone}" is no zone`, 'Write UTC or an offset such as +02:00.')
    }
  },
  create({ id, config, next, telemetry, clock, build }) {
    const translate = createTranslate({
      assumedZoneMinutes: parseZone(config.assume_zone) ?? 0,
      defaultServiceName: config.default_service_name,
      setOk: config.set_ok,
      maxEventsPerMessage: config.max_events_per_message,
      scopeVersion: build.version,
    })
    const intake = createIntake(id, translate, telemetry, clock)
    const shared = {
      next,
      telemetry,
      clock,
      intake,
      linkMessageContext: config.link_message_context,
      maxBodySize: config.max_body_size,
    }
    const http = config.http && httpIntake({ ...shared, id, config: config.http })
    const file = config.file && fileIntake({ ...shared, config: config.file })
    return joined(http, file)
  },
})

function joined(http: HttpSource | undefined, file: Component | undefined): InvictusReceiver {
  return {
    get url() {
      return http?.url
    },
    async start(host) {
      await http?.start(host)
      await file?.start(host)
    },
    async shutdown(signal) {
      await Promise.all([http?.shutdown(signal), file?.shutdown(signal)])
    },
  }
}
