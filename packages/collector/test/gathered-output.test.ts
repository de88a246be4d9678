import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { defineExporter, span, Traces } from '@spanloom/core'
import { createComponent, testHost, TracesSink } from '@spanloom/core/testing'
import { expect, it } from 'vitest'

import { GatheredOutput } from '../src/backfill/gathered-output.ts'
import { exampleFolder } from './example-run.ts'

const { signal } = new AbortController()
const one = (index: number): Traces =>
  Traces.of([
    span({
      traceId: 'a'.repeat(32),
      spanId: String(index + 1).padStart(16, '0'),
      name: 'one',
      startTime: 1n,
      endTime: 2n,
    }),
  ])

const shownTo = (sink: TracesSink) =>
  defineExporter({
    type: 'shown',
    stability: 'development',
    schema: { type: 'object', properties: {} },
    create: () => ({ exportTraces: (traces, context) => sink.consumeTraces(traces, context) }),
  })

it('shows what came in pieces as a whole, when it is asked to and at the stop', async () => {
  const [sink, output] = [new TracesSink(), new GatheredOutput()]
  const exporter = createComponent(output.gather(shownTo(sink)), {})
  await exporter.start(testHost())
  for (const index of [0, 1, 2]) await exporter.consumeTraces(one(index), { signal })
  expect(sink.calls).toBe(0)

  await output.flush()
  await output.flush()
  expect(sink.batches.map(({ spanCount }) => spanCount)).toEqual([3])

  await exporter.consumeTraces(one(3), { signal })
  await exporter.shutdown(signal)
  expect(sink.batches.map(({ spanCount }) => spanCount)).toEqual([3, 1])
})

it('shows what is too much for a person as it comes', async () => {
  const [sink, output] = [new TracesSink(), new GatheredOutput()]
  const exporter = createComponent(output.gather(shownTo(sink)), {})
  await exporter.start(testHost())
  const many = Traces.concat(Array.from({ length: 15_000 }, (_, index) => one(index)))
  await exporter.consumeTraces(many, { signal })
  await exporter.consumeTraces(many, { signal })
  expect(sink.spanCount).toBe(30_000)
  await exporter.shutdown(signal)
})

it('the recorded week is what its generator writes', () => {
  const generator = join(exampleFolder, 'samples/valuestream-week/generate.ts')
  const written = execFileSync(process.execPath, [generator], { encoding: 'utf8', maxBuffer: 10_000_000 })
  expect(written).toBe(readFileSync(join(exampleFolder, 'samples/valuestream-week.jsonl'), 'utf8'))
})
