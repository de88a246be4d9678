import { createComponent, sampleTraces, testHost } from '@spanloom/core/testing'
import { fileExporter } from '@spanloom/exporter-file'

/** Writes batches to a file until it is killed, and says how many it was told are safe. */
const [path = '', format = 'json'] = process.argv.slice(2)
const exporter = createComponent(fileExporter, { path, format, append: true })

async function run(): Promise<void> {
  await exporter.start(testHost())
  const { signal } = new AbortController()
  for (let safe = 0; ;) {
    const batches = sampleTraces(8, safe)
    await Promise.all(batches.map((batch) => exporter.consumeTraces(batch, { signal })))
    safe += batches.length
    process.stdout.write(`${safe}\n`)
  }
}

void run()
