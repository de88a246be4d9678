import {
  checkHttpServer,
  createHttpServer,
  defineExtension,
  HttpFault,
  httpServerSettings,
  isExpected,
  type ConfigOf,
  type Extension,
  type ExtensionFactory,
  type ExtensionOptions,
  type HttpAnswer,
  type HttpRequest,
} from '@spanloom/core'

import { json, page } from './answers.ts'
import { createGuard, isLocalEndpoint } from './guard.ts'
import { extensionPage, overviewPage, pipelinePage, servicePage, type PageFacts } from './pages.ts'
import { accountingReport, componentReports } from './reports.ts'
import { adminSettings } from './settings.ts'
import { Taps } from './taps.ts'

const schema = {
  type: 'object',
  properties: {
    ...httpServerSettings,
    endpoint: { ...httpServerSettings.endpoint, default: 'localhost:55679' },
    write_timeout: { ...httpServerSettings.write_timeout, default: '2m' },
    max_request_body_size: { ...httpServerSettings.max_request_body_size, default: 65_536 },
    ...adminSettings,
  },
  additionalProperties: false,
} as const

/** The admin server while it runs. */
export interface AdminServer extends Extension {
  /** Where it listens; `undefined` before the start. */
  readonly url: URL | undefined
}

/** Shows what the collector does and lets its configuration be reloaded (`design.md` decision 8). */
export const adminExtension: ExtensionFactory<AdminServer> = defineExtension({
  type: 'admin',
  stability: 'beta',
  offers: [],
  description: 'Pages and an API about the running collector, and the reload of its configuration.',
  schema,
  validate({ cors: _cors, expvar: _expvar, ...config }, report) {
    checkHttpServer({ ...config, cors: undefined }, [], report)
  },
  create: createAdminServer,
})

/** One path: what GET and POST do there. */
interface Route {
  readonly get?: () => HttpAnswer
  readonly post?: () => Promise<HttpAnswer>
  /** Answers GET with the data of users, for as long as it takes. */
  readonly watch?: (request: HttpRequest) => HttpAnswer
}

function createAdminServer(options: ExtensionOptions<ConfigOf<typeof schema>>): AdminServer {
  const { id, config, telemetry, clock } = options
  const { cors: _cors, expvar: _expvar, token, allowed_hosts: allowedHosts, tap, ...server } = config
  const guard = createGuard({
    endpoint: config.endpoint,
    allowedHosts,
    secure: config.tls !== undefined,
    token,
  })
  const enabled = tap.enabled ?? isLocalEndpoint(config.endpoint, config.transport)
  const taps = new Taps(options.collector, clock, { ...tap, enabled })
  const routes = routesOf(options, taps)

  const handle = async (request: HttpRequest): Promise<HttpAnswer> => {
    guard(request)
    const route = routes.get(request.path)
    if (route === undefined) throw new HttpFault(404, 'NOT_FOUND', 'There is nothing at this path.')
    const { get, post, watch } = route
    if (get !== undefined && (request.method === 'GET' || request.method === 'HEAD')) return get()
    if (post !== undefined && request.method === 'POST') return post()
    if (watch !== undefined && request.method === 'GET') {
      guard(request, true)
      return watch(request)
    }
    throw new HttpFault(405, 'METHOD_NOT_ALLOWED', 'The path does not take this method.', {
      headers: { Allow: watch === undefined ? (get === undefined ? 'POST' : 'GET, HEAD') : 'GET' },
    })
  }

  const http = createHttpServer({
    id,
    config: { ...server, cors: undefined },
    telemetry,
    clock,
    handle,
    fault(error) {
      if (error instanceof HttpFault) return json({ error: error.message }, error.status, error.headers)
      telemetry.logger.error('A request could not be answered.', { error })
      return json({ error: isExpected(error) ? error.message : 'internal error' }, 500)
    },
  })

  return {
    get url() {
      return http.url
    },
    start: (host) => http.start(host),
    shutdown(signal) {
      taps.close()
      return http.shutdown(signal)
    },
  }
}

function routesOf(
  { collector, build, clock }: ExtensionOptions<ConfigOf<typeof schema>>,
  taps: Taps,
): ReadonlyMap<string, Route> {
  const created = clock.monotonic()
  const facts = (): PageFacts => ({ build, collector, upMs: clock.monotonic() - created })
  const show = (make: (facts: PageFacts) => string): Route => ({ get: () => page(make(facts())) })
  return new Map<string, Route>([
    ['/', show(overviewPage)],
    ['/debug/servicez', show(servicePage)],
    ['/debug/pipelinez', show(pipelinePage)],
    ['/debug/extensionz', show(extensionPage)],
    ['/api/accounting', { get: () => json(accountingReport(collector)) }],
    ['/api/components', { get: () => json({ components: componentReports(collector) }) }],
    ['/api/pipelines', { get: () => json({ pipelines: collector.pipelines() }) }],
    ['/api/boundaries', { get: () => json({ boundaries: collector.boundaries() }) }],
    ['/api/tap', { watch: ({ query, signal }) => taps.watch(query, signal) }],
    ['/api/config', { get: () => json(collector.redactedConfig()) }],
    [
      '/-/reload',
      {
        async post() {
          if (collector.reload === undefined) {
            throw new HttpFault(501, 'NOT_RELOADABLE', 'This collector cannot read its configuration again.')
          }
          const outcome = await collector.reload()
          return json(outcome, outcome.outcome === 'success' ? 200 : 400)
        },
      },
    ],
  ])
}
