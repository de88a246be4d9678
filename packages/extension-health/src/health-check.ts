import {
  checkHttpServer,
  createHttpServer,
  defineExtension,
  HttpFault,
  httpServerSettings,
  messageOf,
  type ConfigOf,
  type Extension,
  type ExtensionFactory,
  type ExtensionOptions,
  type HttpAnswer,
  type HttpRequest,
} from '@spanloom/core'

import { plainAnswer } from './plain-answer.ts'
import { detailedSettings, pageSettings, plainSettings } from './settings.ts'
import { statusAnswer } from './status-answer.ts'

const defaultEndpoint = 'localhost:13133'

const schema = {
  type: 'object',
  properties: {
    ...httpServerSettings,
    endpoint: { ...httpServerSettings.endpoint, default: defaultEndpoint },
    ...plainSettings,
    ...detailedSettings,
    http: {
      type: 'object',
      description: 'The server of the detailed mode.',
      properties: {
        ...httpServerSettings,
        endpoint: { ...httpServerSettings.endpoint, default: defaultEndpoint },
        ...pageSettings,
      },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
} as const

/** `health_check` while it runs. */
export interface HealthCheck extends Extension {
  /** Where it listens; `undefined` before the start. */
  readonly url: URL | undefined
}

/**
 * Tells orchestrators whether the pipelines run (section 11.1) and, in detailed mode, how every component
 * fares (section 11.2). `/livez` and `/readyz` work in both modes.
 */
export const healthCheckExtension: ExtensionFactory<HealthCheck> = defineExtension({
  type: 'health_check',
  stability: 'beta',
  offers: [],
  description: 'Tells orchestrators whether the collector lives, is ready, and how its components fare.',
  schema,
  validate(config, report) {
    checkHttpServer(config, [], report)
    checkHttpServer(config.http, ['http'], report)
  },
  create: (options) => createHealthCheck(options),
})

function createHealthCheck({
  id,
  config,
  telemetry,
  clock,
  collector,
}: ExtensionOptions<ConfigOf<typeof schema>>): HealthCheck {
  const detailed = config.use_v2 || id.split('/', 1)[0] === 'healthcheckv2'
  let startTime = clock.now()
  let readySince: number | undefined

  const answerDetailed = (request: HttpRequest): HttpAnswer => {
    const { status, config: configPage } = config.http
    if (status.enabled && request.path === status.path) {
      const query = {
        pipeline: request.query.get('pipeline') ?? undefined,
        verbose: request.query.has('verbose'),
      }
      const snapshot = { components: collector.components(), startTime, now: clock.now() }
      return statusAnswer(query, snapshot, config.component_health)
    }
    if (configPage.enabled && request.path === configPage.path) {
      return {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(collector.redactedConfig()),
      }
    }
    throw new HttpFault(404, 'NOT_FOUND', 'There is nothing at this path.')
  }

  const answer = (request: HttpRequest): HttpAnswer => {
    if (request.path === '/livez') return text(200, 'ok')
    if (request.path === '/readyz') return readySince === undefined ? text(503, 'not ready') : text(200, 'ok')
    if (detailed) return answerDetailed(request)
    if (config.path !== '/' && request.path !== config.path) {
      throw new HttpFault(404, 'NOT_FOUND', 'There is nothing at this path.')
    }
    return plainAnswer(readySince, clock.now(), config.response_body)
  }

  const server = createHttpServer({
    id,
    config: detailed ? config.http : config,
    telemetry,
    clock,
    handle: answer,
    fault: (error) =>
      error instanceof HttpFault
        ? { ...text(error.status, messageOf(error)), headers: { ...error.headers } }
        : text(500, 'internal error'),
  })

  return {
    get url() {
      return server.url
    },
    start(host) {
      startTime = clock.now()
      return server.start(host)
    },
    shutdown: (signal) => server.shutdown(signal),
    ready() {
      readySince = clock.now()
    },
    notReady() {
      readySince = undefined
    },
  }
}

function text(status: number, body: string): HttpAnswer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: `${body}\n` }
}
