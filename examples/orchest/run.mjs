// One command: the collector, somebody who plays Orchest, and a subscriber. Prints the spans, the notification, and
// what of it leaves as telemetry. Usage: node run.mjs
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startSpanloom } from '../start-spanloom.mjs'
import { playOrchest } from './orchest.mjs'
import { startSubscriber } from './subscriber.mjs'

const [orchestPort, subscriberPort] = (process.env.PORTS ?? '7710,7711').split(',')
const folder = await mkdtemp(join(tmpdir(), 'spanloom-orchest-'))
const telemetry = join(folder, 'telemetry.jsonl')
const secrets = { orchest: 'It is a secret', subscriber: 'whsec_c3Vic2NyaWJlciBvZiB0aGUgZXhhbXBsZQ==' }

const subscriber = await startSubscriber({ port: Number(subscriberPort), secret: secrets.subscriber })
const spanloom = await startSpanloom({
  config: 'orchest.yaml',
  env: {
    SPANLOOM_ORCHEST_ENDPOINT: `127.0.0.1:${orchestPort}`,
    SPANLOOM_SUBSCRIBER: `http://127.0.0.1:${subscriberPort}/hooks`,
    SPANLOOM_STORAGE: join(folder, 'storage'),
    SPANLOOM_TELEMETRY_FILE: telemetry,
    SPANLOOM_SETTLE: '500ms',
    ORCHEST_SECRET: secrets.orchest,
    SUBSCRIBER_SECRET: secrets.subscriber,
  },
})
await playOrchest({ collector: `http://127.0.0.1:${orchestPort}`, secret: secrets.orchest })
const notification = await subscriber.notified
await spanloom.stop()
subscriber.close()

console.log(`\nNotification: ${notification.type} at ${notification.timestamp}`)
const names = new Set((await readFile(telemetry, 'utf8')).match(/orchest\.[a-z_.]+/g))
console.log(`Telemetry keeps: ${[...names].toSorted((a, b) => a.localeCompare(b)).join(', ')}`)
await rm(folder, { recursive: true })
