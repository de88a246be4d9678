import {
  checkHttpServer,
  type Component,
  defineReceiver,
  type HttpSource,
  httpServerSettings,
  httpSourceSettings,
  KeptInput,
  keptInputSettings,
  type ReceiverFactory,
  type RevivedInput,
  type TracesConsumer,
} from '@spanloom/core'
import {
  checkHubConsumer,
  createHubConsumer,
  hubConnectionSettings,
  type HubConsumer,
  hubConsumerSettings,
} from '@spanloom/eventhubs'

import { type CreateConsumer, eventHubIntake } from './event-hub-intake.ts'
import { fileIntake } from './file-intake.ts'
import { httpIntake } from './http-intake.ts'
import { createIntake, type Intake } from './intake.ts'
import { profiles } from './profiles.ts'
import { contextOf } from './rejected-input.ts'
import { fileSettings, translationSettings } from './settings.ts'
import { parseZone } from './time.ts'
import { createTranslate, MessageError } from './translate.ts'

/** A running receiver. */
export interface InvictusReceiver extends Component {
  /** Where its HTTP intake listens; `undefined` without one and before the start. */
  readonly url: URL | undefined
}

/** Declares the receiver over any hub. */
export function defineInvictusReceiver(createConsumer: CreateConsumer): ReceiverFactory<InvictusReceiver> {
  return defineReceiver({
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
        file: fileSettings,
        event_hub: {
          type: 'object',
          section: 'bare',
          description: 'Reads messages from an event hub, over AMQP or Kafka.',
          properties: { ...hubConnectionSettings, ...hubConsumerSettings },
          additionalProperties: false,
        },
        ...translationSettings,
        dead_letters: keptInputSettings,
      },
      additionalProperties: false,
    },
    profiles,
    transports: ({ http, file, event_hub: hub }) => [
      ...(http ? ['http'] : []),
      ...(file ? ['file'] : []),
      ...(hub ? [hub.transport] : []),
    ],
    validate(config, report) {
      if (config.http === undefined && config.file === undefined && config.event_hub === undefined)
        report([], 'one of event_hub, http and file must be specified', 'Add http: for the defaults.')
      if (config.http !== undefined) checkHttpServer(config.http, ['http'], report)
      if (config.event_hub !== undefined)
        checkHubConsumer(config.event_hub, (path, ...what) => report(['event_hub', ...path], ...what))
      if (parseZone(config.assume_zone) === undefined) {
        report(
          ['assume_zone'],
          `"${config.assume_zone}" is no zone`,
          'Write UTC or an offset such as +02:00.',
        )
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
      const kept = new KeptInput({ id, config: config.dead_letters, telemetry, clock })
      const intake = createIntake(id, translate, telemetry, clock, kept)
      const shared = {
        id,
        next,
        telemetry,
        clock,
        intake,
        linkMessageContext: config.link_message_context,
        maxBodySize: config.max_body_size,
      }
      const http = config.http && httpIntake({ ...shared, config: config.http })
      const file = config.file && fileIntake({ ...shared, config: config.file })
      const hub = config.event_hub && eventHubIntake({ ...shared, config: config.event_hub, createConsumer })
      return joined({ http, file, hub, kept, retry: (input) => retry(input, intake, next) })
    },
  })
}

/** Makes fragments of Invictus flow-trace events, one of each (`invictus.md`). */
export const invictusReceiver: ReceiverFactory<InvictusReceiver> = defineInvictusReceiver((options) =>
  createHubConsumer(options),
)

interface Parts {
  readonly http: HttpSource | undefined
  readonly file: Component | undefined
  readonly hub: HubConsumer | undefined
  readonly kept: KeptInput
  readonly retry: (input: RevivedInput) => Promise<void>
}

function joined({ http, file, hub, kept, retry: use }: Parts): InvictusReceiver {
  return {
    get url() {
      return http?.url
    },
    async start(host) {
      await kept.start(host, use)
      try {
        await http?.start(host)
        await file?.start(host)
        await hub?.start(host)
      } catch (error) {
        await this.shutdown(AbortSignal.abort(error))
        throw error
      }
    },
    async shutdown(signal) {
      await Promise.all([http?.shutdown(signal), file?.shutdown(signal), hub?.shutdown(signal)])
      await kept.shutdown()
    },
  }
}

/** Tries events again that were kept aside. */
async function retry({ body, origin }: RevivedInput, intake: Intake, next: TracesConsumer): Promise<void> {
  const context = contextOf(origin)
  const message = { enqueuedTime: 0n, ...context, body, origin: { dead_letter: 'retried' } }
  const translation = intake.translate(message)
  if (translation instanceof MessageError) {
    await intake.giveUp(translation, message)
    return
  }
  const { traces } = translation
  if (traces.spanCount > 0) await next.consumeTraces(traces, { signal: new AbortController().signal })
  await intake.settle(message, translation)
}
