import { ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { describe, expect, it } from 'vitest'

import { PermanentError, RetryableError } from '../../src/errors/errors.ts'
import { testHost } from '../../src/testing/index.ts'
import { idsOf, someTraces } from './some-traces.ts'
import { StoredExporters } from './stored-exporter.ts'

const { signal } = new AbortController()
const unavailable = (): RetryableError =>
  new RetryableError('NETWORK_ERROR', 'connection refused', { grpcStatus: 14 })

describe('EXP-40: stored before acknowledged', () => {
  it('answers the sender when the final body is on disk, and sends it only then', async () => {
    const rig = new StoredExporters()
    const { consume } = await rig.start()
    rig.storage.block()
    let isAnswered = false
    const traces = someTraces(3)
    const answer = consume(traces).then(() => (isAnswered = true))
    await rig.settle()
    expect(isAnswered).toBe(false)
    expect(rig.sender.attempts).toHaveLength(0)

    rig.storage.release()
    await answer
    await rig.settle()
    expect(rig.sender.deliveredIds).toEqual(idsOf([traces]))
    expect(rig.sender.encoded).toBe(1)
  })

  it('commits what comes together in one go', async () => {
    const rig = new StoredExporters()
    const { consume } = await rig.start()
    const before = rig.storage.commits
    rig.storage.block()
    const answers = Promise.all(Array.from({ length: 200 }, () => consume(someTraces())))
    await rig.settle()
    rig.storage.release()
    await answers
    expect(rig.storage.commits - before).toBeLessThan(5)
  })

  it('joins requests before they are stored', async () => {
    const rig = new StoredExporters({ batch: { flush_timeout: '100ms' } })
    rig.sender.script = () => new Promise(() => undefined)
    const { consume } = await rig.start()
    const answers = Promise.all([consume(someTraces(2)), consume(someTraces(3))])
    await rig.settle()
    expect(rig.file.pending).toHaveLength(0)

    await rig.clock.advance(100)
    await answers
    expect(rig.file.pending.map(({ items }) => items)).toEqual([5])
  })

  it('splits requests before they are stored', async () => {
    const rig = new StoredExporters({ batch: { min_size: 2, max_size: 2 } })
    rig.sender.script = () => new Promise(() => undefined)
    const { consume } = await rig.start()
    await consume(someTraces(4))
    expect(rig.file.pending.map(({ items }) => items)).toEqual([2, 2])
  })

  it('has queue_size count what is stored, by its sizer', async () => {
    const rig = new StoredExporters({ sizer: 'items', queue_size: 10, num_consumers: 1 })
    const gate = Promise.withResolvers<void>()
    rig.sender.script = () => gate.promise
    const { consume, metric } = await rig.start()
    await consume(someTraces(6))
    await expect(consume(someTraces(5))).rejects.toMatchObject({ code: 'QUEUE_FULL' })
    await expect(consume(someTraces(11))).rejects.toMatchObject({ code: 'ELEMENT_TOO_LARGE' })
    await consume(someTraces(4))
    expect(await metric('otelcol_exporter_queue_size')).toBe(10)
    expect(await metric('otelcol_exporter_queue_capacity')).toBe(10)
    expect(await metric('otelcol_exporter_enqueue_failed_spans')).toBe(16)

    gate.resolve()
    await rig.settle()
    expect(await metric('otelcol_exporter_queue_size')).toBe(0)
  })

  it('counts stored bytes by the sizer bytes', async () => {
    const rig = new StoredExporters({ sizer: 'bytes', queue_size: 100_000 })
    rig.sender.script = () => new Promise(() => undefined)
    const { consume, metric } = await rig.start()
    await consume(someTraces(7))
    expect(await metric('otelcol_exporter_queue_size')).toBe(rig.file.stats().pendingBytes)
  })

  it('lets callers wait for space, in turn', async () => {
    const rig = new StoredExporters({ queue_size: 1, num_consumers: 1, block_on_overflow: true })
    const gate = Promise.withResolvers<void>()
    rig.sender.script = () => gate.promise
    const { consume } = await rig.start()
    const traces = [someTraces(), someTraces(), someTraces()]
    const answers = traces.map((each) => consume(each))
    await rig.settle()
    expect(rig.file.pending).toHaveLength(1)
    gate.resolve()
    await Promise.all(answers)
    await rig.settle()
    expect(rig.sender.deliveredIds).toEqual(idsOf(traces))
  })

  it('keeps bodies on disk when there are many', async () => {
    const rig = new StoredExporters({ queue_size: 1_000, num_consumers: 1 })
    const gate = Promise.withResolvers<void>()
    rig.sender.script = () => gate.promise
    // Bodies of 4 MiB: five of them are more than stay in memory.
    rig.sender.padTo = 4 << 20
    const { consume } = await rig.start()
    const traces = Array.from({ length: 9 }, () => someTraces())
    for (const each of traces) await consume(each)
    gate.resolve()
    await rig.settle()
    expect(rig.sender.deliveredIds).toEqual(idsOf(traces))
    expect(rig.file.pending).toHaveLength(0)
  })

  it('names a storage that is missing, or none', async () => {
    const rig = new StoredExporters()
    await expect(rig.create().exporter.start(testHost())).rejects.toThrow(
      'failed to resolve storage "disk": extension not found',
    )
    const { storage: _storage, ...useless } = rig.storage.extension()
    await expect(rig.start({ disk: useless })).rejects.toThrow('The extension "disk" is not a storage.')
  })
})

describe('EXP-41: removed only after delivery, sent again after a crash', () => {
  it('keeps an entry until the destination took it', async () => {
    const rig = new StoredExporters()
    const gate = Promise.withResolvers<void>()
    rig.sender.script = () => gate.promise
    const { consume } = await rig.start()
    await consume(someTraces())
    await rig.settle()
    expect(rig.sender.attempts).toHaveLength(1)
    expect(rig.file.pending).toHaveLength(1)

    gate.resolve()
    await rig.settle()
    expect(rig.file.pending).toHaveLength(0)
  })

  it('sends again what was in flight at a crash, in the order of the ids', async () => {
    const rig = new StoredExporters({ num_consumers: 3 })
    rig.sender.script = () => new Promise(() => undefined)
    const { consume } = await rig.start()
    const traces = Array.from({ length: 250 }, () => someTraces())
    for (const each of traces) await consume(each)
    rig.crash()

    rig.sender.script = () => undefined
    const { telemetry, metric } = await rig.start()
    await rig.settle()
    expect(rig.sender.deliveredIds).toEqual(idsOf(traces))
    expect(await metric('otelcol_exporter_recovered_spans')).toBe(250)
    expect(telemetry.counts.created).toBe(250)
    expect(telemetry.heldNow()).toBe(0)
    expect(rig.file.pending).toHaveLength(0)
  })

  it('puts new requests behind the recovered ones', async () => {
    const rig = new StoredExporters({ num_consumers: 1 })
    rig.sender.script = () => new Promise(() => undefined)
    const first = await rig.start()
    const traces = Array.from({ length: 150 }, () => someTraces())
    for (const each of traces) await first.consume(each)
    rig.crash()

    rig.sender.script = () => undefined
    const second = await rig.start()
    const late = someTraces()
    await second.consume(late)
    await rig.settle()
    expect(rig.sender.deliveredIds).toEqual(idsOf([...traces, late]))
  })

  it('keeps attempts and due times over a restart', async () => {
    const rig = new StoredExporters({}, { retry_on_failure: { randomization_factor: 0 } })
    rig.sender.script = () => {
      throw unavailable()
    }
    const first = await rig.start()
    await first.consume(someTraces())
    await rig.clock.advance(5_000)
    expect(rig.file.pending).toMatchObject([{ attempts: 2, lastStatus: 14, lastError: 'connection refused' }])
    rig.crash()
    await rig.clock.advance(1_000)

    rig.sender.script = () => undefined
    await rig.start()
    await rig.clock.advance(6_400)
    expect(rig.sender.delivered).toHaveLength(0)
    await rig.clock.advance(200)
    expect(rig.sender.delivered).toHaveLength(1)
    expect(rig.sender.attempts.at(-1)?.context.attempt).toBe(3)
  })

  it('does not believe due times of a clock that was set back', async () => {
    const rig = new StoredExporters()
    rig.sender.script = () => {
      throw unavailable()
    }
    const first = await rig.start()
    await first.consume(someTraces())
    await rig.settle()
    rig.crash()

    rig.clock.setWall(1_000)
    rig.sender.script = () => undefined
    await rig.start()
    await rig.settle()
    expect(rig.sender.delivered).toHaveLength(1)
  })
})

describe('EXP-42: what is stored beside the body', () => {
  const metadata = new Map([
    ['x-tenant', ['a', 'ä']],
    ['authorization', ['Bearer secret-1']],
    ['cookie', ['session=secret-2']],
  ])

  it('keeps metadata, format and trace context, and no credentials', async () => {
    const rig = new StoredExporters()
    rig.sender.format = 'application/x-protobuf gzip'
    rig.sender.script = () => {
      throw unavailable()
    }
    const first = await rig.start()
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    const spanId = 'b7ad6b7169203331'
    const parent = trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: 1 })
    await first.exporter.consumeTraces(someTraces(), { signal, metadata, trace: parent })
    await rig.settle()
    const stored = Buffer.from(rig.file.pending[0]?.attributes ?? []).toString()
    expect(stored).toContain('x-tenant')
    expect(stored).not.toMatch(/secret|authorization|cookie/)
    rig.crash()

    rig.sender.format = 'application/json'
    rig.sender.script = () => undefined
    await rig.start()
    await rig.clock.advance(10_000)
    const { context } = rig.sender.attempts.at(-1) ?? {}
    expect(context?.metadata).toEqual(new Map([['x-tenant', ['a', 'ä']]]))
    expect(context?.format).toBe('application/x-protobuf gzip')
    expect(context?.trace && trace.getSpanContext(context.trace)).toMatchObject({ traceId, spanId })
  })
})

describe('EXP-43: unreadable entries', () => {
  it.each(['body', 'attributes'])('warns, drops the entry without its %s and goes on', async (part) => {
    const rig = new StoredExporters({ num_consumers: 1 })
    rig.sender.format = 'application/x-protobuf'
    rig.sender.script = () => new Promise(() => undefined)
    const first = await rig.start()
    const traces = [someTraces(), someTraces(4), someTraces()]
    for (const each of traces) await first.consume(each)
    rig.crash()
    if (part === 'body') rig.file.damage(2)
    else rig.file.pending[1]?.attributes?.fill(0xff)

    rig.sender.script = () => undefined
    const { telemetry, metric } = await rig.start()
    await rig.settle()
    const [one, , three] = traces
    expect(rig.sender.deliveredIds).toEqual(idsOf([one, three].flatMap((each) => each ?? [])))
    expect(telemetry.dropped.get('unreadable')).toBe(4)
    expect(await metric('otelcol_exporter_send_failed_spans')).toBe(4)
    expect(telemetry.logger.lines).toContainEqual({
      level: 'warn',
      message: 'A stored request cannot be read. Dropping data.',
      fields: { id: 2, dropped_items: 4 },
    })
    expect(rig.file.pending).toHaveLength(0)
    expect(telemetry.heldNow()).toBe(0)
  })
})

describe('EXP-45, vector 37: more stored than queue_size', () => {
  it.each([true, false])('starts and drains, blocking on overflow: %s', async (block) => {
    const rig = new StoredExporters({ queue_size: 100 })
    rig.sender.script = () => new Promise(() => undefined)
    const first = await rig.start()
    const traces = Array.from({ length: 100 }, () => someTraces())
    for (const each of traces) await first.consume(each)
    rig.crash()

    const second = rig.create({
      sending_queue: { storage: 'disk', queue_size: 3, num_consumers: 2, block_on_overflow: block },
    })
    const gate = Promise.withResolvers<void>()
    rig.sender.script = () => gate.promise
    await second.exporter.start(testHost({ disk: rig.storage.extension() }))
    const late = someTraces()
    const answer = second.consume(late).then(
      () => 'stored',
      () => 'refused',
    )
    expect(await second.metric('otelcol_exporter_queue_size')).toBe(100)
    gate.resolve()
    await rig.settle()
    expect(await answer).toBe(block ? 'stored' : 'refused')
    await rig.settle()
    expect(rig.sender.deliveredIds).toEqual(idsOf(block ? [...traces, late] : traces))
  })
})

describe('EXP-46: the disk does not take it', () => {
  it('refuses with a retryable error, counts, logs once a minute and goes on', async () => {
    const rig = new StoredExporters()
    const { consume, metric, telemetry } = await rig.start()
    rig.storage.refuse()
    for (let turn = 0; turn < 5; turn++) {
      await expect(consume(someTraces(2))).rejects.toMatchObject({ code: 'STORAGE_FULL', permanent: false })
    }
    const errors = () => telemetry.logger.lines.filter(({ level }) => level === 'error')
    expect(errors().map(({ message }) => message)).toEqual(['The request cannot be stored. Rejecting data.'])
    expect(await metric('otelcol_exporter_enqueue_failed_spans')).toBe(10)
    expect(await metric('otelcol_exporter_queue_size')).toBe(0)

    await rig.clock.advance(60_000)
    await expect(consume(someTraces())).rejects.toThrow('no room')
    expect(errors()).toHaveLength(2)
    expect(errors().at(-1)?.fields).toMatchObject({ suppressed: 4, suppressed_items: 8 })

    rig.storage.mend()
    const traces = someTraces()
    await consume(traces)
    await rig.settle()
    expect(rig.sender.deliveredIds).toEqual(idsOf([traces]))
  })

  it('blames no data for a fault of the disk', async () => {
    const rig = new StoredExporters()
    const { consume } = await rig.start()
    rig.storage.refuse(new PermanentError('BROKEN', 'The disk is gone.'))
    await expect(consume(someTraces())).rejects.toMatchObject({ code: 'STORAGE_FAILED', permanent: false })
  })

  it('tells all senders of a batch', async () => {
    const rig = new StoredExporters({ batch: { min_size: 2 } })
    const { consume, metric } = await rig.start()
    rig.storage.refuse()
    const outcomes = await Promise.allSettled([consume(someTraces()), consume(someTraces())])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await metric('otelcol_exporter_enqueue_failed_spans')).toBe(2)
  })
})
