import {
  checkHttpServer,
  type Component,
  defineReceiver,
  httpServerSettings,
  httpSource,
  type ReceiverFactory,
  type SourceRoute,
} from '@spanloom/core'

import { checkTypes, loadRegistry } from './event-types.ts'
import { Intake } from './intake/intake.ts'
import { isRecord } from './intake/read-body.ts'
import { relayHandler } from './intake/relay.ts'
import { replay } from './intake/replay.ts'
import { type OrchestConfig, settings } from './intake/settings.ts'
import { signature } from './intake/signature.ts'
import { webhookHandler } from './intake/webhook.ts'
import { profiles } from './profiles.ts'

/** A running receiver. */
export interface OrchestReceiver extends Component {
  /** Where it listens; `undefined` before the start. */
  readonly url: URL | undefined
}

/** Makes fragments of Orchest's webhook deliveries and telemetry (`orchest.md` section 3). */
export const orchestReceiver: ReceiverFactory<OrchestReceiver> = defineReceiver({
  type: 'orchest',
  stability: 'beta',
  description: 'Receives webhooks and telemetry of Orchest; jobs, runs, sessions and builds become spans.',
  schema: {
    type: 'object',
    properties: { ...httpServerSettings, ...settings },
    additionalProperties: false,
  },
  profiles,
  transports: () => ['http'],
  credentials({ webhook, relay }, { path, body }) {
    const token = path === relay?.path ? relay.token : undefined
    if (token !== undefined) return { authorization: `Bearer ${token}` }
    const [secret] = webhook === undefined || path !== webhook.path ? [] : secretsOf(webhook)
    return secret === undefined ? {} : signature(body, secret)
  },
  validate(config, report) {
    checkHttpServer(config, [], report)
    checkTypes(config.event_types.filter(isRecord), report)
    const { webhook, relay } = config
    if (webhook === undefined && relay === undefined) {
      report([], 'there is nothing to listen for', 'set webhook, relay or both')
    }
    if (webhook !== undefined && secretsOf(webhook).length === 0 && !webhook.allow_unsigned) {
      report(['webhook', 'secret'], 'deliveries cannot be verified', 'set a secret, or allow_unsigned: true')
    }
    if (webhook !== undefined && webhook.path === relay?.path) {
      report(['relay', 'path'], 'webhook and relay cannot have one path')
    }
  },
  create(options) {
    const { id, config, telemetry, clock } = options
    const intake = new Intake(options)
    const http = httpSource(
      { id, config: { ...config, path: '/' }, telemetry, clock },
      routesOf(config, intake, options),
    )
    return {
      get url() {
        return http.url
      },
      async start(host) {
        intake.use(loadRegistry(config.event_types.filter(isRecord), telemetry.logger))
        if (config.webhook?.allow_unsigned === true) {
          telemetry.logger.warn('Deliveries without a signature are taken from anybody.')
        }
        await intake.letters.start(host, (input) => replay(intake, input))
        await http.start(host)
      },
      async shutdown(signal) {
        await http.shutdown(signal)
        await intake.letters.shutdown()
      },
    }
  },
})

function routesOf(
  { webhook, relay }: OrchestConfig,
  intake: Intake,
  { clock }: { readonly clock: Parameters<typeof relayHandler>[2] },
): readonly SourceRoute[] {
  const routes: SourceRoute[] = []
  if (webhook !== undefined) {
    const webhookSettings = {
      secrets: secretsOf(webhook),
      allowUnsigned: webhook.allow_unsigned,
      onUnknown: webhook.on_unknown,
    }
    const mediaTypes = ['application/json', 'application/x-www-form-urlencoded']
    routes.push({ path: webhook.path, mediaTypes, handle: webhookHandler(intake, webhookSettings) })
  }
  if (relay !== undefined) {
    const relaySettings = { token: relay.token, legacyStatus: relay.legacy_status }
    routes.push({
      path: relay.path,
      mediaTypes: ['application/json'],
      handle: relayHandler(intake, relaySettings, clock),
    })
  }
  return routes
}

function secretsOf({ secret, secrets }: NonNullable<OrchestConfig['webhook']>): readonly string[] {
  return [
    ...(secret === undefined || secret === '' ? [] : [secret]),
    ...secrets.filter((each) => each !== ''),
  ]
}
