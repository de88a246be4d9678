import { readdirSync } from 'node:fs'

import { type Traces, TracesBuilder } from '@spanloom/core/traces'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { freeAddress } from './free-port.ts'
import { findOtelcol } from './otelcol-binary.ts'
import { startOtelcol } from './otelcol.ts'
import { overHttp, pipelines, promptFile } from './pipelines.ts'
import { sendProtobuf } from './send-traces.ts'
import { addressOf, startSpanloom } from './spanloom.ts'
import { temporaryFolder, tracesIn, waitForSpans } from './trace-files.ts'
import { withPeer } from './vitest.ts'

const otelcol = await findOtelcol()
const [requests, spansOfRequest] = [40, 100]
const rotation = { max_megabytes: 1 }

describe('files that rotate while they are read', { timeout: 40_000 }, () => {
  withPeer('otelcol', otelcol, (binary) => {
    const resources = new AsyncDisposableStack()
    const folder = resources.use(temporaryFolder())
    let theirs: string
    let ours: string

    beforeAll(async () => {
      const dir = folder.path
      theirs = await freeAddress()
      resources.use(await startOtelcol({ binary, dir, config: JSON.stringify(configOfTheirs(theirs)) }))
      const spanloom = resources.use(await startSpanloom({ dir, config: configOfOurs() }))
      ours = addressOf(spanloom, 'otlp', 'HTTP')
    }, 60_000)

    afterAll(() => resources.disposeAsync())

    test.each([
      { written: 'ours', read: 'theirs-of-ours.json', by: 'the Collector' },
      { written: 'theirs', read: 'ours-of-theirs.json', by: 'us' },
    ])('are read whole and once: $written by $by', async ({ written, read }) => {
      const address = written === 'ours' ? ours : theirs
      for (let request = 0; request < requests; request++)
        expect(await sendProtobuf(address, batch(request).toProtobuf())).toBe(200)

      await waitForSpans(folder.file(read), requests * spansOfRequest)

      const names = Array.from((await tracesIn(folder.file(read))).spans(), ({ name }) => name)
      expect(names.toSorted()).toEqual(allNames())
      const files = readdirSync(folder.path).filter((name) => name.startsWith(`rotated-${written}`))
      expect(files.length).toBeGreaterThan(2)
    })
  })
})

function configOfOurs(): object {
  return pipelines({
    writing: { from: { otlp: overHttp() }, to: { file: { path: 'rotated-ours.json', rotation } } },
    reading: {
      from: {
        otlp_json_file: {
          include: ['rotated-theirs*.json'],
          start_at: 'beginning',
          poll_interval: '20ms',
        },
      },
      to: { 'file/read': { path: 'ours-of-theirs.json' } },
    },
  })
}

function configOfTheirs(address: string): object {
  return pipelines({
    writing: {
      from: { otlp: overHttp(address) },
      to: { file: { path: 'rotated-theirs.json', rotation } },
    },
    reading: {
      from: {
        otlp_json_file: {
          include: ['rotated-ours*.json'],
          start_at: 'beginning',
          poll_interval: '20ms',
          include_file_name: false,
        },
      },
      to: { 'file/read': promptFile('theirs-of-ours.json') },
    },
  })
}

/** About 100 kB of spans. */
function batch(request: number): Traces {
  const builder = new TracesBuilder({ resource: { 'request.number': request } })
  for (let index = 0; index < spansOfRequest; index++) {
    builder.add({
      traceId: (request + 1).toString(16).padStart(32, '0'),
      spanId: (index + 1).toString(16).padStart(16, '0'),
      name: nameOf(request, index),
      startTime: 1n,
      endTime: 2n,
      attributes: { payload: 'x'.repeat(800) },
    })
  }
  return builder.build()
}

const nameOf = (request: number, index: number): string => `span ${request}/${index}`

const allNames = (): readonly string[] =>
  Array.from({ length: requests * spansOfRequest }, (_, number) =>
    nameOf(Math.floor(number / spansOfRequest), number % spansOfRequest),
  ).toSorted()
