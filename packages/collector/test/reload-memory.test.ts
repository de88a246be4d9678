import { EventEmitter } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { queryObjects } from 'node:v8'

import { DeliveredExporter } from '@spanloom/core'
import { expect, test } from 'vitest'

import { runCollector } from '../src/index.ts'
import { temporaryFolder } from './example-run.ts'
import { otlpPipeline } from './reloading.ts'

class Text extends EventEmitter {
  write(): boolean {
    return true
  }
}

test('nothing of what reloads have replaced stays in memory', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'pipeline.yaml')
  const write = (round: number): Promise<void> => {
    const config = otlpPipeline('127.0.0.1:0', 'http://127.0.0.1:1', {
      receiver: { max_request_body_size: 1000 + round },
      exporter: { timeout: `${1 + round}s` },
    })
    // One component stays all the time, so that it could hold on to its neighbours.
    const { receivers, exporters, service } = config
    const pipelines = { traces: { receivers: ['otlp'], processors: ['batch'], exporters: ['otlp_http'] } }
    return writeFile(
      file,
      JSON.stringify({
        receivers,
        exporters,
        processors: { batch: {} },
        service: { ...service, extensions: [], pipelines },
      }),
    )
  }
  await write(0)
  const streams = { stdout: new Text(), stderr: new Text(), env: {} }
  await using handle = await runCollector({ config: file, streams })

  for (let round = 1; round <= 12; round++) {
    await write(round)
    expect(await handle.reload()).toMatchObject({ outcome: 'success' })
  }

  // The last one may still be on its way out.
  expect(queryObjects(DeliveredExporter, { format: 'count' })).toBeLessThanOrEqual(3)
}, 30_000)
