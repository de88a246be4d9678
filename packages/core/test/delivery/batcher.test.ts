import { array, assert, constantFrom, integer, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'

import { Batcher, type ReadyRequest } from '../../src/delivery/batcher.ts'
import type { QueuedRequest } from '../../src/delivery/queue.ts'
import { PermanentError } from '../../src/errors/errors.ts'
import { fakeClock, settle } from '../../src/testing/index.ts'
import type { Traces } from '../../src/traces/index.ts'
import { runExporter } from './running-exporter.ts'
import { idsOf, someTraces } from './some-traces.ts'

const { signal } = new AbortController()
const sizes = (batches: readonly Traces[]): number[] => batches.map(({ spanCount }) => spanCount)
const queue = (batch: object, more: object = {}): Readonly<Record<string, unknown>> => ({
  sending_queue: { ...more, batch },
})

it('EXP-08: sends a batch as soon as it is large enough, without a maximum as it comes', async () => {
  const { exporter, sender } = await runExporter(queue({ min_size: 5 }))
  for (const spans of [2, 2, 4, 1]) await exporter.consumeTraces(someTraces(spans), { signal })
  await settle()

  expect(sizes(sender.delivered)).toEqual([8])
})

it('sends a smaller batch after flush_timeout', async () => {
  const { exporter, sender, clock } = await runExporter(queue({}))
  await exporter.consumeTraces(someTraces(2), { signal })
  await clock.advance(150)
  await exporter.consumeTraces(someTraces(1), { signal })
  await clock.advance(49)
  expect(sender.delivered).toHaveLength(0)

  await clock.advance(1)
  expect(sizes(sender.delivered)).toEqual([3])
})

it('splits at the maximum and keeps the rest for the next batch', async () => {
  const { exporter, sender, clock } = await runExporter(queue({ min_size: 4, max_size: 5 }))
  await exporter.consumeTraces(someTraces(3), { signal })
  await exporter.consumeTraces(someTraces(9), { signal })
  await settle()
  expect(sizes(sender.delivered)).toEqual([5, 5])

  await clock.advance(200)
  expect(sizes(sender.delivered)).toEqual([5, 5, 2])
})

it('measures in bytes', async () => {
  const [a, b] = [someTraces(1), someTraces(1)]
  const { exporter, sender } = await runExporter(queue({ sizer: 'bytes', min_size: a.byteLength + 1 }))
  await exporter.consumeTraces(a, { signal })
  await settle()
  expect(sender.delivered).toHaveLength(0)

  await exporter.consumeTraces(b, { signal })
  await settle()
  expect(sizes(sender.delivered)).toEqual([2])
})

it('sends at once with min_size 0 and still splits', async () => {
  const { exporter, sender } = await runExporter(queue({ min_size: 0, max_size: 2 }))
  await exporter.consumeTraces(someTraces(5), { signal })
  await settle()

  expect(sizes(sender.delivered)).toEqual([2, 2, 1])
})

it('EXP-08: keeps the place of a split request until its last part is done', async () => {
  const { exporter, sender, metric } = await runExporter(queue({ min_size: 2, max_size: 2 }))
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let turn = 0
  sender.script = () => gates[turn++]?.promise
  await exporter.consumeTraces(someTraces(4), { signal })
  await settle()
  expect(sender.attempts).toHaveLength(2)

  gates[0]?.resolve()
  await settle()
  expect(await metric('otelcol_exporter_queue_size')).toBe(1)
  gates[1]?.resolve()
  await settle()
  expect(await metric('otelcol_exporter_queue_size')).toBe(0)
})

it('EXP-08: tells every merged request the result of its batch', async () => {
  const { exporter, sender } = await runExporter(
    queue({ min_size: 3, max_size: 3 }, { wait_for_result: true }),
  )
  let turn = 0
  sender.script = () => {
    if (turn++ === 0) throw new PermanentError('EXPORT_REFUSED', 'bad data')
  }
  const outcomes = await Promise.allSettled(
    [2, 2, 2].map((spans) => exporter.consumeTraces(someTraces(spans), { signal })),
  )

  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled'])
})

it('stops reading the queue while all consumers are busy', async () => {
  const { exporter, sender, metric } = await runExporter(
    queue({ min_size: 1 }, { num_consumers: 1, queue_size: 5 }),
  )
  sender.script = () => new Promise(() => undefined)
  for (let index = 0; index < 5; index++) await exporter.consumeTraces(someTraces(), { signal })

  expect(sender.attempts).toHaveLength(1)
  expect(await metric('otelcol_exporter_queue_size')).toBe(5)
  await expect(exporter.consumeTraces(someTraces(), { signal })).rejects.toThrow('sending queue is full')
})

it('EXP-08: never sends more than num_consumers batches at once', async () => {
  const { exporter, sender } = await runExporter(queue({ min_size: 1 }, { num_consumers: 2 }))
  let open = 0
  let most = 0
  sender.script = async () => {
    most = Math.max(most, ++open)
    await settle()
    open--
  }
  for (let index = 0; index < 20; index++) await exporter.consumeTraces(someTraces(), { signal })
  await exporter.shutdown(signal)

  expect(most).toBe(2)
  expect(sender.delivered).toHaveLength(20)
})

describe('partition', () => {
  const from = (tenant: string | undefined): { signal: AbortSignal; metadata: Map<string, string[]> } => ({
    signal,
    metadata: new Map(tenant === undefined ? [] : [['x-tenant', [tenant]]]),
  })

  it('makes one batch for each combination of headers, and hands those on', async () => {
    const { exporter, sender, clock } = await runExporter(
      queue({ min_size: 3, partition: { metadata_keys: ['X-Tenant'] } }),
    )
    for (const tenant of ['a', 'b', 'a', undefined, 'b', 'a'])
      await exporter.consumeTraces(someTraces(), from(tenant))
    await settle()
    expect(sizes(sender.delivered)).toEqual([3])

    await clock.advance(200)
    expect(sizes(sender.delivered)).toEqual([3, 2, 1])
    expect(sender.attempts.map(({ context }) => context.metadata?.get('x-tenant'))).toEqual([
      ['a'],
      ['b'],
      [],
    ])
  })

  it('CMP-11: drops the headers of merged senders without partition', async () => {
    const { exporter, sender } = await runExporter(queue({ min_size: 1 }))
    await exporter.consumeTraces(someTraces(), from('a'))
    await settle()

    expect(sender.attempts[0]?.context.metadata).toBeUndefined()
  })
})

it('keeps every span, once and in order, and finishes every request once', () => {
  const request = record({ spans: integer({ min: 1, max: 9 }), tenant: constantFrom('a', 'b') })
  assert(
    property(
      array(request, { minLength: 1, maxLength: 25 }),
      integer({ min: 0, max: 12 }),
      integer({ min: 0, max: 12 }),
      constantFrom('items', 'bytes'),
      (requests, least, more, sizer) => {
        const unit = sizer === 'items' ? 1 : 40
        const minSize = least * unit
        const maxSize = more === 0 ? 0 : (least + more) * unit
        const batches: ReadyRequest[] = []
        const batcher = new Batcher({
          minSize,
          maxSize,
          sizer,
          flushTimeoutMs: 200,
          partitionBy: ['tenant'],
          clock: fakeClock(),
          emit: (batch) => batches.push(batch),
        })
        const finished: number[] = []
        const given: { readonly tenant: string; readonly traces: Traces }[] = []
        for (const [index, { spans, tenant }] of requests.entries()) {
          const traces = someTraces(spans)
          given.push({ tenant, traces })
          const queued: QueuedRequest = {
            traces,
            size: 1,
            metadata: new Map([['tenant', [tenant]]]),
            finish: () => void finished.push(index),
          }
          batcher.add(queued)
        }
        batcher.flush()
        for (const batch of batches) batch.finish()

        expect(batcher.empty).toBe(true)
        expect(finished.toSorted((a, b) => a - b)).toEqual(given.map((_, index) => index))
        for (const tenant of ['a', 'b']) {
          const sent = batches.filter(({ metadata }) => metadata?.get('tenant')?.[0] === tenant)
          const wanted = given.filter((one) => one.tenant === tenant).map(({ traces }) => traces)
          expect(idsOf(sent.map(({ traces }) => traces))).toEqual(idsOf(wanted))
        }
        const bound = maxSize > 0 && sizer === 'items' ? maxSize : Infinity
        expect(batches.filter(({ traces }) => traces.spanCount > bound)).toEqual([])
      },
    ),
  )
})
