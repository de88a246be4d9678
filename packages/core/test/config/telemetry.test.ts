import { describe, expect, it } from 'vitest'

import { base, faultsOf, load } from './load.ts'

async function telemetry(text: string) {
  return (await load(`${base}  telemetry: ${text}`)).service.telemetry
}

describe('section 12.1', () => {
  it('has the defaults of the reference', async () => {
    expect(await telemetry('')).toEqual({
      logs: {
        level: 'info',
        encoding: 'console',
        output_paths: ['stderr'],
        error_output_paths: ['stderr'],
        initial_fields: {},
        disable_caller: false,
        disable_stacktrace: false,
        development: false,
        sampling: { tick: 10_000, initial: 10, thereafter: 100 },
      },
      metrics: {
        level: 'normal',
        readers: [
          {
            pull: {
              exporter: {
                prometheus: {
                  host: 'localhost',
                  port: 8888,
                  without_scope_info: true,
                  without_type_suffix: true,
                  without_units: true,
                },
              },
            },
          },
        ],
      },
      traces: { level: 'basic', processors: [], propagators: [] },
    })
  })

  it('takes levels in any capitalisation', async () => {
    expect(await telemetry('{logs: {level: DEBUG}, metrics: {level: None}}')).toMatchObject({
      logs: { level: 'debug' },
      metrics: { level: 'none' },
    })
  })

  it('takes readers and processors in the form of the reference', async () => {
    const settings = await telemetry(`
      resource: {service.name: mine, service.instance.id: null}
      metrics:
        level: detailed
        readers:
          - pull:
              exporter:
                prometheus: {host: '0.0.0.0', port: 8888, with_resource_constant_labels: {included: [service.name]}}
          - periodic:
              interval: 5000
              exporter:
                otlp: {protocol: http/protobuf, endpoint: "https://h:4318", headers: [{name: k, value: v}]}
          - periodic:
              exporter:
                console: {}
      traces:
        propagators: [tracecontext, b3]
        processors:
          - batch: {exporter: {otlp: {protocol: grpc, endpoint: "h:4317", insecure: true, headers: {k: v}}}}
          - simple: {exporter: {console: }}
`)

    expect(settings.metrics.readers).toMatchObject([
      {
        pull: {
          exporter: { prometheus: { host: '0.0.0.0', with_resource_constant_labels: { excluded: [] } } },
        },
      },
      {
        periodic: {
          interval: 5000,
          timeout: 30_000,
          exporter: { otlp: { headers: [{ name: 'k', value: 'v' }] } },
        },
      },
      { periodic: { interval: 60_000, exporter: { console: {} } } },
    ])
    expect(settings.traces.processors).toMatchObject([
      { batch: { schedule_delay: 5000, exporter: { otlp: { protocol: 'grpc', headers: { k: 'v' } } } } },
      { simple: { exporter: { console: {} } } },
    ])
    expect(settings.resource).toEqual({ 'service.name': 'mine', 'service.instance.id': null })
  })

  it('takes the resource as a list too', async () => {
    expect(
      (await telemetry('{resource: {attributes: [{name: service.name, value: mine}]}}')).resource,
    ).toEqual({
      attributes: [{ name: 'service.name', value: 'mine' }],
    })
  })

  it('accepts the old metrics.address with a warning', async () => {
    const { warnings } = await load(`${base}  telemetry: {metrics: {address: ":8888"}}`)

    expect(warnings).toMatchObject([
      { code: 'ignored_setting', line: 13, path: ['service', 'telemetry', 'metrics', 'address'] },
    ])
  })

  it('reports faults with full paths', async () => {
    const faults = await faultsOf(`${base}  telemetry: {logs: {level: loud}, metrics: {reader: []}}`)

    expect(faults).toMatchObject([
      {
        path: ['service', 'telemetry', 'logs', 'level'],
        message: expect.stringContaining('must be one of "debug"'),
      },
      { message: "'service.telemetry.metrics' has invalid keys: reader", suggestion: 'readers' },
    ])
  })
})
