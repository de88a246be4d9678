// Works with a storage in a process whose main thread must not load the database.
import { registerHooks } from 'node:module'

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === 'node:sqlite') throw new Error('The main thread loads node:sqlite.')
    return next(specifier, context)
  },
})

async function main(directory: string): Promise<void> {
  const { systemClock } = await import('@spanloom/core')
  const { createComponent, testHost } = await import('@spanloom/core/testing')
  const { fileStorageExtension } = await import('../src/index.ts')
  const extension = createComponent(fileStorageExtension, { directory }, { clock: systemClock })
  await extension.start(testHost())
  const file = await extension.storage.open({ kind: 'exporter', id: 'otlp' })
  const record = { destination: 0, items: 1 }
  await file.queue.append([
    { ...record, body: new Uint8Array(10) },
    { ...record, body: new Uint8Array(10) },
  ])
  const { pending } = await file.queue.stats()
  process.stdout.write(`pending ${pending}\n`)
  await extension.shutdown(AbortSignal.timeout(5_000))
}

void main(process.argv[2] ?? '')
