import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { createComponent, fakeClock, testHost, TracesSink } from '@spanloom/core/testing'
import { parseOtlpJson, toOtlpJson, Traces } from '@spanloom/core/traces'
import { redactionProcessor } from '@spanloom/processor-standard/redaction'
import { orchestReceiver } from '@spanloom/receiver-orchest'
import { assert, describe, expect, it } from 'vitest'

import { temporaryFolder } from './example-run.ts'
import { tracesOf } from './otlp-sender.ts'
import { runMain } from './run-spanloom.ts'

const config = {
  receivers: { nop: {} },
  processors: {
    redaction: { preset: 'orchest-telemetry', rules: [{ attribute: 'shop.kept', action: 'keep' }] },
  },
  exporters: { nop: {} },
  service: { pipelines: { traces: { receivers: ['nop'], processors: ['redaction'], exporters: ['nop'] } } },
}
const flags = ['--config', `yaml:${JSON.stringify(config)}`]
const ids = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), startTime: 1n, endTime: 2n }

describe('spanloom redact', () => {
  it('redacts traces, or shows what would become of them', async () => {
    await using folder = await temporaryFolder()
    const attributes = {
      'shop.kept': 'yes',
      'shop.customer': 'Anna',
      'orchest.pipeline_run.failed_steps': ['s'],
    }
    const document = toOtlpJson(tracesOf('shop', [{ ...ids, name: 'Anna buys', attributes }]))
    const file = join(folder.path, 'traces.json')
    await writeFile(file, `${document}\n${document}\n`)

    const redacted = await runMain(['redact', ...flags, file])
    expect(redacted.stdout).not.toContain('Anna')
    const [first] = parseOtlpJson(redacted.stdout).spans()
    expect({ ...first?.attributes, name: first?.name }).toEqual({
      name: 'redacted',
      'shop.kept': 'yes',
      'orchest.pipeline_run.failed_steps_count': 1,
    })

    const shown = await runMain(['redact', ...flags, '--dry-run', file])
    expect(shown.stdout).toMatch(/^kept +span +shop\.kept +- +shop\.kept +2$/m)
    expect(shown.stdout).toMatch(/^dropped +span +shop\.customer +- +\(none\) +2$/m)
    expect(shown.stdout).toMatch(/^changed +span +orchest\.pipeline_run\.failed_steps +\S+_count +/m)
    const json = await runMain(['redact', ...flags, '--dry-run', '--format', 'json', file])
    expect(JSON.parse(json.stdout)).toMatchObject({ dropped_spans: 0 })
  })

  it('says what is wrong', async () => {
    expect((await runMain(['redact', ...flags, '/nowhere.json'])).stderr).toContain(
      'the file /nowhere.json cannot be read',
    )
    const other = await runMain(['redact', ...flags, '--processor', 'redaction/x', '/nowhere.json'])
    expect(other.stderr).toContain('no redaction processor "redaction/x"')
  })
})

interface Sample {
  readonly notification: { readonly type: string; readonly uuid: string; readonly timestamp: string }
  readonly telemetry: { readonly event_properties: object; readonly derived_properties: object }
}

/** Every text in a value, and every name. */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsOf(inner)])
}

describe("the preset against Orchest's own anonymisation", () => {
  const path = new URL('../../receiver-orchest/test/fixtures/telemetry-pipeline-run.json', import.meta.url)
  const { notification, telemetry } = JSON.parse(readFileSync(path, 'utf8')) as Sample

  it('lets out what the original lets out of a failed run, counts what it counts, and nothing else', async () => {
    const sink = new TracesSink()
    const redaction = createComponent(redactionProcessor, { preset: 'orchest-telemetry' }, { next: sink })
    const settings = { endpoint: '127.0.0.1:0', webhook: { allow_unsigned: true } }
    const receiver = createComponent(orchestReceiver, settings, { next: redaction, clock: fakeClock() })
    await receiver.start(testHost())
    assert(receiver.url !== undefined)
    const response = await fetch(new URL('/orchest/webhook', receiver.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ event: notification }),
    })
    expect(response.status).toBe(200)
    await receiver.shutdown(AbortSignal.timeout(5_000))

    const [run] = sink.spans
    assert(run !== undefined)
    const allowed = new Set(textsOf(telemetry))
    // Uuids of steps are let out by us, as those of all other things; names of members say nothing.
    const isPlain = (text: string): boolean => /^[a-z_]+$|^[0-9a-f]{8}-|^\d*$/.test(text)
    const removed = textsOf(notification).filter((text) => !allowed.has(text) && !isPlain(text))
    expect(removed).toContain('churn-model')
    const out = Buffer.from(Traces.of([run]).toProtobuf()).toString('latin1')
    expect(removed.filter((text) => out.includes(text))).toEqual([])
    // The facts of `event_properties` and `derived_properties`, all of them and no others.
    expect({ ...run.attributes }).toEqual({
      'orchest.event.type': 'project:one-off-job:pipeline-run:failed',
      'orchest.event.uuid': '9cc4f5cf-2037-46c2-a4fc-07e227fe55fc',
      'orchest.source': 'webhook',
      'orchest.outcome': 'failed',
      'error.type': 'failure',
      'orchest.project.uuid': 'f11116b5-987d-48aa-a794-2db6366deb9d',
      'orchest.job.uuid': 'bdac00b6-86cc-42da-a615-11f3877515e3',
      'orchest.job.kind': 'one-off',
      'orchest.job.status': 'STARTED',
      'orchest.job.total_runs': 1,
      'orchest.pipeline_run.uuid': 'a2c566d0-c6f0-483a-a936-88500561a434',
      'orchest.pipeline_run.number': 0,
      'orchest.pipeline_run.status': 'FAILURE',
      'orchest.pipeline_run.failed_steps_count': 2,
      'orchest.pipeline.uuid': 'l',
      'orchest.url_path': '/job-run?project_uuid=p&pipeline_uuid=l&job_uuid=j&run_uuid=r',
      'cicd.pipeline.run.id': 'a2c566d0-c6f0-483a-a936-88500561a434',
      'cicd.pipeline.result': 'failure',
    })
    expect(run.events.map(({ attributes }) => ({ ...attributes }))).toEqual([
      { 'orchest.step.uuid': 'eefb3e65-3307-4f90-ab61-3eadc7359789' },
      { 'orchest.step.uuid': '5cdc8a7f-9b23-45d4-a78d-967d1c8c276b' },
    ])
  })

  it('lets nothing out of the definition of a pipeline, wherever it stands', async () => {
    const definition = new URL('telemetry-pipeline-definition.json', path)
    const { input } = JSON.parse(readFileSync(definition, 'utf8')) as {
      readonly input: { readonly uuid: string }
    }
    const sink = new TracesSink()
    const redaction = createComponent(redactionProcessor, { preset: 'orchest-telemetry' }, { next: sink })
    const settings = { endpoint: '127.0.0.1:0', relay: {} }
    const receiver = createComponent(orchestReceiver, settings, { next: redaction, clock: fakeClock() })
    await receiver.start(testHost())
    assert(receiver.url !== undefined)
    const pipeline = { uuid: input.uuid, pipeline_definition: input }
    const response = await fetch(new URL('/analytics', receiver.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        event: 'project:pipeline:saved',
        uuid: 'e-1',
        properties: { project: { uuid: 'P', pipeline }, pipeline_definition: input, deprecated: ['x'] },
      }),
    })
    expect(response.status).toBe(200)
    await receiver.shutdown(AbortSignal.timeout(5_000))
    expect(sink.spans.map(({ name, attributes }) => ({ name, attributes: { ...attributes } }))).toEqual([
      {
        name: 'project:pipeline:saved',
        attributes: {
          'orchest.event.type': 'project:pipeline:saved',
          'orchest.event.uuid': 'e-1',
          'orchest.source': 'relay',
          'orchest.project.uuid': 'P',
          'orchest.pipeline.uuid': input.uuid,
        },
      },
    ])
  })
})
