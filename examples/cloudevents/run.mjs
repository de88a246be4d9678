// One command: the collector as broker, a producer and a consumer. Prints two traces for each event, and the link
// between them. Usage: node run.mjs
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { startConsumer } from './consumer.mjs'
import { placeOrder } from './producer.mjs'

const file = (path) => fileURLToPath(new URL(path, import.meta.url))
const [brokerPort, consumerPort, otlpPort] = (process.env.PORTS ?? '7700,7701,7702').split(',')
const collector = `http://127.0.0.1:${otlpPort}`

// The sources, or the single-file binary where one is named.
const { SPANLOOM_BINARY: binary } = process.env
const [command, ...program] = binary
  ? [binary]
  : [process.execPath, file('../../packages/collector/src/cli.ts')]
const spanloom = spawn(command, [...program, '--config', file('../../config/cloudevents.yaml')], {
  stdio: ['ignore', 'inherit', 'pipe'],
  env: {
    ...process.env,
    SPANLOOM_BROKER_ENDPOINT: `127.0.0.1:${brokerPort}`,
    SPANLOOM_CONSUMER: `http://127.0.0.1:${consumerPort}/events`,
    SPANLOOM_OTLP_HTTP_ENDPOINT: `127.0.0.1:${otlpPort}`,
    SPANLOOM_LOG_LEVEL: 'info',
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
const consumer = await startConsumer({ port: Number(consumerPort), collector, expected: 2 })
const broker = `http://127.0.0.1:${brokerPort}/events`
// The first event brings its extension, the second gets it from the broker.
await placeOrder({ broker, collector, instrumented: true })
await placeOrder({ broker, collector, instrumented: false })
await consumer.processed
spanloom.kill('SIGTERM')
await stopped
consumer.close()
