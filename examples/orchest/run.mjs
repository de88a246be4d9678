// One command: the collector, somebody who plays Orchest, and a subscriber. Prints the spans, the notification, and
// what of it leaves as telemetry. Usage: node run.mjs
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { playOrchest } from './orchest.mjs'
import { startSubscriber } from './subscriber.mjs'

const file = (path) => fileURLToPath(new URL(path, import.meta.url))
const [orchestPort, subscriberPort] = (process.env.PORTS ?? '7710,7711').split(',')
const folder = await mkdtemp(join(tmpdir(), 'spanloom-orchest-'))
const telemetry = join(folder, 'telemetry.jsonl')
const secrets = { orchest: 'It is a secret', subscriber: 'whsec_c3Vic2NyaWJlciBvZiB0aGUgZXhhbXBsZQ==' }

const subscriber = await startSubscriber({ port: Number(subscriberPort), secret: secrets.subscriber })
// The sources, or the single-file binary where one is named.
const { SPANLOOM_BINARY: binary } = process.env
const [command, ...program] = binary
  ? [binary]
  : [process.execPath, file('../../packages/collector/src/cli.ts')]
const spanloom = spawn(command, [...program, '--config', file('../../config/orchest.yaml')], {
  stdio: ['ignore', 'inherit', 'pipe'],
  env: {
    ...process.env,
    SPANLOOM_ORCHEST_ENDPOINT: `127.0.0.1:${orchestPort}`,
    SPANLOOM_SUBSCRIBER: `http://127.0.0.1:${subscriberPort}/hooks`,
    SPANLOOM_STORAGE: join(folder, 'storage'),
    SPANLOOM_TELEMETRY_FILE: telemetry,
    SPANLOOM_SETTLE: '500ms',
    SPANLOOM_LOG_LEVEL: 'info',
    ORCHEST_SECRET: secrets.orchest,
    SUBSCRIBER_SECRET: secrets.subscriber,
  },
})
const stopped = new Promise((resolve) => spanloom.on('exit', resolve))

/** Resolves when the collector says that it listens. */
async function ready() {
  for await (const chunk of spanloom.stderr) if (String(chunk).includes('Everything is ready')) break
  spanloom.stderr.resume()
}

await Promise.race([
  ready(),
  stopped.then((code) => Promise.reject(new Error(`The collector ended with ${code}.`))),
])
await playOrchest({ collector: `http://127.0.0.1:${orchestPort}`, secret: secrets.orchest })
const notification = await subscriber.notified
spanloom.kill('SIGTERM')
await stopped
subscriber.close()

console.log(`\nNotification: ${notification.type} at ${notification.timestamp}`)
const names = new Set((await readFile(telemetry, 'utf8')).match(/orchest\.[a-z_.]+/g))
console.log(`Telemetry keeps: ${[...names].toSorted((a, b) => a.localeCompare(b)).join(', ')}`)
await rm(folder, { recursive: true })
