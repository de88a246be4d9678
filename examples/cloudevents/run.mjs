// One command: the collector as broker, a producer and a consumer. Prints two traces for each event, and the link
// between them. Usage: node run.mjs
import { startSpanloom } from '../start-spanloom.mjs'
import { startConsumer } from './consumer.mjs'
import { placeOrder } from './producer.mjs'

const [brokerPort, consumerPort, otlpPort] = (process.env.PORTS ?? '7700,7701,7702').split(',')
const collector = `http://127.0.0.1:${otlpPort}`

const spanloom = await startSpanloom({
  config: 'cloudevents.yaml',
  env: {
    SPANLOOM_BROKER_ENDPOINT: `127.0.0.1:${brokerPort}`,
    SPANLOOM_CONSUMER: `http://127.0.0.1:${consumerPort}/events`,
    SPANLOOM_OTLP_HTTP_ENDPOINT: `127.0.0.1:${otlpPort}`,
  },
})
const consumer = await startConsumer({ port: Number(consumerPort), collector, expected: 2 })
const broker = `http://127.0.0.1:${brokerPort}/events`
// The first event brings its extension, the second gets it from the broker.
await placeOrder({ broker, collector, instrumented: true })
await placeOrder({ broker, collector, instrumented: false })
await consumer.processed
await spanloom.stop()
consumer.close()
