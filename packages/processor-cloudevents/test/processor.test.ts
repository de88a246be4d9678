import { RetryableError } from '@spanloom/core'
import { Traces } from '@spanloom/core/traces'
import { describe, expect, it } from 'vitest'

import { at, consumer, linkedTo, machine, producer } from './events.ts'

const { signal } = new AbortController()
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01'

it('hands on a batch that knows no event as the very same object', async () => {
  const { processor, next } = machine()
  const batch = Traces.of([
    producer(1, { attributes: {} }).with({
      removeAttributes: ['cloudevents.event_id', 'cloudevents.event_source'],
    }),
  ])
  await processor.consumeTraces(batch, { signal })
  expect(next.batches[0]).toBe(batch)
})

it('holds nothing of a batch that the next stage refused, and takes it when it comes again', async () => {
  const { processor, next, telemetry, take } = machine()
  next.refuseWith(new RetryableError('QUEUE_FULL', 'The queue is full.'))
  const batch = Traces.of([producer(1), consumer(2)])
  await expect(processor.consumeTraces(batch, { signal })).rejects.toThrow('The queue is full.')
  expect(telemetry.heldNow()).toBe(0)

  next.refuseWith(undefined)
  await take(producer(1), consumer(2), consumer(1))
  expect(telemetry.heldNow()).toBe(1)
  expect(next.spans.filter(({ kind }) => kind === 'CONSUMER').map(linkedTo)).toEqual([[producer(1).traceId]])
  expect(telemetry.counters()).toEqual({ 'links_added.store': 1 })
})

it('keeps released spans until the next stage takes them', async () => {
  const { next, clock, take, telemetry } = machine()
  await take(consumer(1))
  next.refuseWith(new RetryableError('QUEUE_FULL', 'The queue is full.'))
  await clock.advance(5_000)
  expect([next.spanCount, telemetry.heldNow()]).toEqual([0, 1])
  next.refuseWith(undefined)
  await clock.advance(1_000)
  expect([next.spanCount, telemetry.heldNow()]).toEqual([1, 0])
})

it('links a consumer to its producer within one batch, in both orders', async () => {
  const { next, take } = machine()
  await take(consumer(1), producer(1), producer(2), consumer(2))
  const links = new Map(next.spans.map((one) => [one.spanId, linkedTo(one)]))
  for (const number of [1, 2]) {
    expect(links.get(consumer(number).spanId)).toEqual([producer(number).traceId])
  }
})

it('keeps resource and scope of a span that waited', async () => {
  const { next, take } = machine()
  await take(consumer(1))
  await take(producer(1))
  const released = next.spans.find(({ kind }) => kind === 'CONSUMER')
  expect(released?.resource.attribute('service.name')).toBe('mail')
})

describe('an extension that a hop has overwritten', () => {
  const overwritten = consumer(1, { attributes: { 'cloudevents.traceparent': traceparent } })

  it.each([
    ['add_link', 2, true, 1],
    ['report', 1, true, 1],
    ['ignore', 1, undefined, undefined],
  ])('%s', async (policy, links, mark, count) => {
    const { next, take, telemetry } = machine({ on_overwrite: policy })
    await take(producer(1), overwritten)
    const [, seen] = next.spans
    expect(seen?.links).toHaveLength(links)
    expect(seen?.attribute('spanloom.extension_overwritten')).toBe(mark)
    expect(telemetry.counters()['extension_overwritten']).toBe(count)
  })

  it('is none when the event was sent twice and one of the two fits', async () => {
    const { next, take } = machine()
    await take(
      producer(1),
      producer(1, { traceId: traceparent.slice(3, 35), spanId: '1234567812345678' }),
      overwritten,
    )
    expect(next.spans.at(-1)?.attribute('spanloom.extension_overwritten')).toBeUndefined()
  })
})

describe('a producer that comes too late', () => {
  it('is not linked by default', async () => {
    const { next, clock, take } = machine({ hold: '1s' })
    await take(consumer(1))
    await clock.advance(1_000)
    await take(producer(1))
    expect(next.spans.map(linkedTo)).toEqual([[], []])
  })

  it('gets a companion of the consumer where that is asked for', async () => {
    const { next, clock, take, telemetry } = machine({ hold: '1s', late_link: 'companion' })
    await take(consumer(1))
    await clock.advance(1_000)
    await take(producer(1))
    const companion = next.spans.find(({ kind }) => kind === 'INTERNAL')
    const late = consumer(1)
    expect(companion).toMatchObject({
      traceId: late.traceId,
      parentSpanId: late.spanId,
      startTimeUnixNano: at(3),
      endTimeUnixNano: at(3),
    })
    expect(linkedTo(companion)).toEqual([producer(1).traceId])
    expect(telemetry.counts.created).toBe(1)
  })
})

it('counts a link for which there is no room as dropped', async () => {
  const links = Array.from({ length: 3 }, (_, number) => ({
    traceId: `d${'0'.repeat(30)}${number}`,
    spanId: `d${'0'.repeat(14)}1`,
  }))
  const { next, take } = machine({ max_links_per_span: 3 })
  await take(consumer(1, { links, attributes: { 'cloudevents.traceparent': traceparent } }))
  expect(next.spans[0]?.links).toHaveLength(3)
  expect(next.spans[0]?.droppedLinksCount).toBe(1)
})

it('waits for nobody with hold: 0s, and says so', async () => {
  const { next, take, telemetry } = machine({ hold: '0s' })
  await take(consumer(1))
  expect(next.spanCount).toBe(1)
  expect(telemetry.counters()).toEqual({ 'released_unlinked.disabled': 1 })
})

it('reads captured headers of messages, and leaves names alone with normalize: false', async () => {
  const { next, take } = machine({ normalize: false })
  await take(
    consumer(1, { attributes: { 'messaging.header.cloudEvents:traceparent': [traceparent] } }),
    consumer(2, {
      attributes: { 'messaging.header.ce_traceparent': [traceparent], 'cloudevents.id': 'e-2' },
    }),
    consumer(3, {
      kind: 'INTERNAL',
      attributes: {
        'http.request.header.ce_traceparent': [traceparent],
        'messaging.operation.type': 'process',
      },
    }),
  )
  expect(next.spans.map((one) => linkedTo(one).length)).toEqual([1, 1, 1])
  expect(next.spans[1]?.attribute('cloudevents.id')).toBe('e-2')
})

it('leaves a SERVER span alone where that is asked for', async () => {
  const { next, take, telemetry } = machine({ server_spans: 'ignore' })
  await take(
    consumer(1, {
      kind: 'SERVER',
      attributes: {
        'http.request.header.ce-id': ['e-1'],
        'http.request.header.ce-traceparent': [traceparent],
      },
    }),
  )
  expect(next.spans.map(linkedTo)).toEqual([[]])
  expect(telemetry.heldNow()).toBe(0)
})
