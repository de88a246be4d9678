// A consumer of CloudEvents with the official SDK, as a process of its own. It has a queue, or reads a hub, so that it
// begins a trace before it knows which event it gets; then it processes the event and tells what extension it saw.
import { createServer } from 'node:http'

import { type Attributes, context, type Link, SpanKind, trace, TraceFlags } from '@opentelemetry/api'

import { eventHubs, serviceOptions, startTracing } from './cloudevents-service.ts'

const options = serviceOptions()
const { tracer, flush } = startTracing('consumer', options)
const seen: Record<string, string> = {}
const done = Promise.withResolvers<void>()

/** The extension as a link, as the conventions ask of a consumer. */
function linkOf(traceparent: string): Link {
  const [, traceId = '', spanId = '', flags = ''] = traceparent.split('-')
  const traceFlags = flags === '01' ? TraceFlags.SAMPLED : TraceFlags.NONE
  return { context: { traceId, spanId, traceFlags, isRemote: true } }
}

function attributesOf(event: ReadonlyMap<string, string>): Attributes {
  const known = {
    'cloudevents.event_id': event.get('id') ?? '',
    'cloudevents.event_source': event.get('source') ?? '',
    'cloudevents.event_type': event.get('type') ?? '',
  }
  if (options.consumer !== 'captures') return known
  return Object.fromEntries([...event].map(([name, value]) => [`http.request.header.ce-${name}`, [value]]))
}

function processEvent(event: ReadonlyMap<string, string>): void {
  const receive = tracer.startSpan('Receive', { root: true })
  const traceparent = event.get('traceparent') ?? ''
  const span = tracer.startSpan(
    `CloudEvents Process ${event.get('type')}`,
    {
      kind: SpanKind.CONSUMER,
      attributes: attributesOf(event),
      links: options.consumer === 'links' ? [linkOf(traceparent)] : [],
    },
    trace.setSpan(context.active(), receive),
  )
  span.end()
  receive.end()
  seen[event.get('id') ?? ''] = traceparent
  if (Object.keys(seen).length === options.count) done.resolve()
}

/** Attributes without their prefix. */
function eventOf(fields: Iterable<readonly [string, unknown]>, prefix: string): ReadonlyMap<string, string> {
  return new Map(
    [...fields].flatMap(([name, value]) =>
      name.startsWith(prefix)
        ? [[name.slice(prefix.length), decodeURIComponent(String(value))] as const]
        : [],
    ),
  )
}

async function serve(): Promise<() => Promise<void>> {
  const queue: ReadonlyMap<string, string>[] = []
  const server = createServer((request, response) => {
    request.resume()
    queue.push(eventOf(Object.entries(request.headers), 'ce-'))
    response.writeHead(202).end()
    setImmediate(() => {
      const event = queue.shift()
      if (event !== undefined) processEvent(event)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  console.log(`Ready: http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/events`)
  return async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

function subscribe(): () => Promise<void> {
  const client = new (eventHubs().EventHubConsumerClient)('$Default', options.address)
  client.subscribe(
    {
      processEvents: (events) => {
        for (const { properties = {} } of events)
          processEvent(eventOf(Object.entries(properties), 'cloudEvents_'))
        return Promise.resolve()
      },
      processError: (failure) => {
        done.reject(failure)
        return done.promise
      },
    },
    { startPosition: { offset: '-1' } },
  )
  console.log('Ready: hub')
  return () => client.close()
}

async function run(): Promise<void> {
  const stop = options.via === 'hub' ? subscribe() : await serve()
  await done.promise
  await stop()
  await flush()
  console.log(`Done: ${JSON.stringify(seen)}`)
}

void run()
