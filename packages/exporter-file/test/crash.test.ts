import { spawn } from 'node:child_process'
import { once } from 'node:events'

import { createComponent, sampleTraces, testHost } from '@spanloom/core/testing'
import { fileExporter } from '@spanloom/exporter-file'
import { expect, it } from 'vitest'

import { temporaryFolder } from './folder.ts'
import { storedSpans } from './stored.ts'

const spansOfBatch = 2

/** Runs a process that writes until it has told of `batches`, kills it, and gives the last number that it told. */
async function killedWriter(path: string, format: string, batches: number): Promise<number> {
  const script = new URL('endless-writer.ts', import.meta.url).pathname
  const writer = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, path, format], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let told = ''
  for await (const chunk of writer.stdout) {
    told += String(chunk)
    if (Number(told.trim().split('\n').at(-1)) >= batches) writer.kill('SIGKILL')
  }
  if (writer.signalCode === null) await once(writer, 'exit')
  // A torn number at the end is none.
  return Number(told.slice(0, told.lastIndexOf('\n')).split('\n').at(-1))
}

it.each(['json', 'proto'])(
  'keeps everything that it called safe when it is killed, as %s',
  async (format) => {
    await using folder = await temporaryFolder()
    const path = folder.file('traces')
    const safe = await killedWriter(path, format, 400)

    const exporter = createComponent(fileExporter, { path, format, append: true })
    await exporter.start(testHost())
    for (const batch of sampleTraces(1))
      await exporter.consumeTraces(batch, { signal: AbortSignal.timeout(5_000) })
    await exporter.shutdown(AbortSignal.timeout(5_000))

    const spans = await storedSpans(path)
    expect(safe).toBeGreaterThanOrEqual(400)
    expect(spans.length).toBeGreaterThanOrEqual((safe + 1) * spansOfBatch)
    expect(spans.length % spansOfBatch).toBe(0)
  },
)
