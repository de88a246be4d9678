import {
  checkHttpServer,
  defineReceiver,
  httpServerSettings,
  httpSource,
  type HttpSource,
  httpSourceSettings,
  type ReceiverFactory,
  type SourceRoute,
} from '@spanloom/core'

import { checkSources } from './intake/check-sources.ts'
import { translationOptions } from './intake/config.ts'
import { credentials } from './intake/credentials.ts'
import { createIntakeMetrics } from './intake/intake-metrics.ts'
import { createIntake } from './intake/intake.ts'
import { RecentKeys } from './intake/recent-keys.ts'
import { type ServedSource, servedSources } from './intake/sources.ts'
import { profiles } from './profiles.ts'
import {
  customHttpSettings,
  githubSettings,
  gitlabSettings,
  jenkinsSettings,
  jiraSettings,
  sourceSettings,
  translationSettings,
} from './settings.ts'
import { createTranslations, defaultTranslationOptions } from './translate.ts'

const { max_request_body_size: _limit, ...serverSettings } = httpServerSettings

/** Makes fragments of DevOps webhooks (`valuestream.md`). */
export const valuestreamReceiver: ReceiverFactory<HttpSource> = defineReceiver({
  type: 'valuestream',
  stability: 'beta',
  description:
    'Receives webhooks of GitHub, GitLab, Jenkins and Jira, and custom events; issues, changes, builds and deploys become spans.',
  schema: {
    type: 'object',
    properties: {
      ...serverSettings,
      endpoint: { ...serverSettings.endpoint, default: '127.0.0.1:5000' },
      health_path: httpSourceSettings.health_path,
      max_body_bytes: {
        type: 'integer',
        minimum: 1,
        default: 26_214_400,
        description: 'Bytes of a delivery, before and after decompression; GitHub sends 25 MB at most.',
      },
      ...translationSettings,
      duplicate_cache_size: {
        type: 'integer',
        minimum: 0,
        default: 10_000,
        description: 'How many accepted deliveries are remembered, so that one that comes again is ignored.',
      },
      duplicate_window: {
        type: 'string',
        format: 'duration',
        default: '10m',
        description: 'How long equal records of Jenkins are one.',
      },
      sources: {
        type: 'object',
        description: 'The sources that are served; one that is not listed is not.',
        properties: {
          github: {
            type: 'object',
            section: 'ready',
            properties: { ...githubSettings, ...sourceSettings },
            additionalProperties: false,
          },
          gitlab: {
            type: 'object',
            section: 'ready',
            properties: { ...gitlabSettings, ...sourceSettings },
            additionalProperties: false,
          },
          jenkins: {
            type: 'object',
            section: 'ready',
            properties: { ...jenkinsSettings, ...sourceSettings },
            additionalProperties: false,
          },
          jira: {
            type: 'object',
            section: 'ready',
            properties: { ...jiraSettings, ...sourceSettings },
            additionalProperties: false,
          },
          customhttp: {
            type: 'object',
            section: 'ready',
            properties: { ...customHttpSettings, ...sourceSettings },
            additionalProperties: false,
          },
        },
        additionalProperties: false,
      },
    },
    additionalProperties: false,
  },
  profiles,
  transports: () => ['http'],
  credentials: ({ sources }, request) => credentials(sources, request),
  validate(config, report) {
    checkHttpServer({ ...config, max_request_body_size: config.max_body_bytes }, [], report)
    checkSources(config, report)
  },
  create({ id, config, next, telemetry, clock, build }) {
    const served = servedSources(config.sources, clock)
    const intake = {
      translations: createTranslations(translationOptions(config, build.version, defaultTranslationOptions)),
      next,
      recent: new RecentKeys(config.duplicate_cache_size, config.duplicate_window, clock),
      metrics: createIntakeMetrics(
        id,
        served.map(({ source }) => source),
        telemetry,
      ),
      telemetry,
      clock,
    }
    const http = httpSource(
      {
        id,
        telemetry,
        clock,
        config: { ...config, path: '/', max_request_body_size: config.max_body_bytes },
      },
      served.flatMap((source) => routesOf(source, createIntake(source, intake))),
      { health: { status: 'ok' } },
    )
    return {
      get url() {
        return http.url
      },
      get address() {
        return http.address
      },
      async start(host) {
        await http.start(host)
        for (const { name, authenticated } of served)
          if (!authenticated && config.auth === undefined)
            telemetry.logger.warn('Deliveries are taken from anybody.', { source: name })
      },
      shutdown: (signal) => http.shutdown(signal),
    }
  },
})

/** The path with and without a slash at its end. */
function routesOf(
  { config, mediaTypes }: ServedSource,
  handle: SourceRoute['handle'],
): readonly SourceRoute[] {
  const path = config.path === '/' ? '/' : config.path.replace(/\/$/, '')
  const route = { handle, ...(mediaTypes === undefined ? {} : { mediaTypes }) }
  return path === '/'
    ? [{ ...route, path }]
    : [
        { ...route, path },
        { ...route, path: `${path}/` },
      ]
}
