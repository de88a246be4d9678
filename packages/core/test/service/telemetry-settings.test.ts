import { ConfigError, parseConfig } from '@spanloom/core'
import { expect, test } from 'vitest'

import { telemetrySchema } from '../../src/config/telemetry-schema.ts'
import type { TelemetrySettings } from '../../src/service/own-telemetry.ts'
import { telemetrySettings } from '../../src/service/telemetry-settings.ts'

const settings = (config: unknown): TelemetrySettings =>
  telemetrySettings(parseConfig(telemetrySchema, config))

test('the defaults of section 12.1', () => {
  expect(settings({})).toEqual({
    logs: {
      level: 'info',
      encoding: 'console',
      outputPaths: ['stderr'],
      initialFields: {},
      caller: true,
      stacktrace: true,
      sampling: { tickMs: 10_000, initial: 10, thereafter: 100 },
    },
    metrics: {
      level: 'normal',
      pull: [
        { host: 'localhost', port: 8888, scopeLabels: false, totalSuffix: false, constantLabels: undefined },
      ],
      push: [],
      views: [],
    },
    traces: { processors: [] },
    resource: {},
  })
})

test('a resource may be a map or a list', () => {
  expect(settings({ resource: { 'service.name': 'a', 'service.version': null } }).resource).toEqual({
    'service.name': 'a',
    'service.version': null,
  })
  expect(settings({ resource: { attributes: [{ name: 'service.name', value: 'a' }] } }).resource).toEqual({
    'service.name': 'a',
  })
})

test('headers of a push exporter come as a map, a list or one text', () => {
  const push = (otlp: object) =>
    settings({ metrics: { readers: [{ periodic: { exporter: { otlp } } }] } }).metrics.push[0]?.exporter
      .headers
  expect(push({ headers: { a: 'b' } })).toEqual({ a: 'b' })
  expect(push({ headers: [{ name: 'a', value: 'b' }] })).toEqual({ a: 'b' })
  expect(push({ headers_list: 'a=b, c=d=e' })).toEqual({ a: 'b', c: 'd=e' })
})

test('constant labels are chosen by wildcards', () => {
  const pattern = settings({
    metrics: {
      readers: [
        {
          pull: {
            exporter: {
              prometheus: {
                with_resource_constant_labels: { included: ['service*'], excluded: ['service.v*'] },
              },
            },
          },
        },
      ],
    },
  }).metrics.pull[0]?.constantLabels
  expect(
    ['service.name', 'service.version', 'host.name', 'serviceXname'].map((name) => pattern?.test(name)),
  ).toEqual([true, false, false, true])
})

test('traces are off at level none', () => {
  const processors = [{ simple: { exporter: { console: {} } } }]
  expect(settings({ traces: { processors } }).traces.processors).toHaveLength(1)
  expect(settings({ traces: { level: 'none', processors } }).traces.processors).toHaveLength(0)
})

test('views are read, and faults in them are told with their place', () => {
  const views = [
    {
      selector: { instrument_name: 'a*' },
      stream: { aggregation: { drop: null }, attribute_keys: { excluded: ['b'] } },
    },
    {
      selector: { instrument_name: 'c' },
      stream: { aggregation: { explicit_bucket_histogram: { boundaries: [1, 2] } } },
    },
  ]
  expect(settings({ metrics: { views } }).metrics.views).toMatchObject([
    { instrumentName: 'a*', drop: true, excluded: ['b'] },
    { instrumentName: 'c', drop: false, boundaries: [1, 2] },
  ])
  expect(() => settings({ metrics: { views: [{ selectr: {} }] } })).toThrow(ConfigError)
  expect(() => settings({ metrics: { views: [{ selectr: {} }] } })).toThrow(
    'service::telemetry::metrics::views::0',
  )
})
