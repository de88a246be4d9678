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
    expect({ ...run.attributes }).toMatchObject({
      'orchest.project.uuid': 'f11116b5-987d-48aa-a794-2db6366deb9d',
      'orchest.pipeline_run.status': 'FAILURE',
      'orchest.pipeline_run.failed_steps_count': 2,
    })
  })
})
