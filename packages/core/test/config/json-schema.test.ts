import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

import { configJsonSchema } from '../../src/index.ts'
import { base, registry } from './load.ts'

async function faultsIn(text: string): Promise<readonly string[]> {
  const ajv = new Ajv2020({ allErrors: true, strict: false })
  const check = ajv.compile(await configJsonSchema(registry))
  check(parse(text))
  return (check.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ''}`)
}

describe('configJsonSchema', () => {
  it('accepts what the loader accepts', async () => {
    const text = `
receivers:
  otlp/a: {protocols: {http: , grpc: {enabled: false}}}
  otlp::protocols: {http: }
exporters:
  otlphttp: {timeout: 1m30s, int: "\${env:N}", bool: "\${B:-true}", headers: {a: b}, sending_queue: {enabled: false, storage: file_storage}}
  debug: "\${file:debug.yaml}"
  otlp_grpc:
connectors: {forward/x: }
extensions: {file_storage: }
service:
  extensions: file_storage
  shutdown_timeout: 1m
  telemetry: {logs: {level: INFO}}
  pipelines: {traces: {receivers: [otlp/a, forward/x], exporters: "debug,otlphttp"}}
`

    expect(await faultsIn(base)).toEqual([])
    expect(await faultsIn(text)).toEqual([])
  })

  it.each([
    ['unknown keys', base.replace('http:', 'htp:')],
    ['unknown types', base.replaceAll('debug', 'debg')],
    ['ids of unknown types', base.replace('[debug]', '[debg]')],
    ['durations without unit', base.replace('debug:', 'debug: {timeout: "5"}')],
    ['wrong types', base.replace('debug:', 'debug: {int: x}')],
    ['other sections', `${base}\nother: {}`],
  ])('refuses %s', async (_, text) => {
    expect(await faultsIn(text)).not.toEqual([])
  })

  it('tells editors what settings mean', async () => {
    const schema = JSON.stringify(await configJsonSchema(registry))

    expect(schema).toContain('"^otlp(/.+)?$"')
    expect(schema).toContain('"description":"Where to send to."')
    expect(schema).toContain('"default":"5s"')
    expect(schema).toContain('"$ref":"#/$defs/extension_id"')
    expect(schema).toContain('old has no effect.')
  })
})
