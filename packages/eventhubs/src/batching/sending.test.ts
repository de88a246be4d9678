import { RetryableError } from '@spanloom/core'
import { fakeClock, settle } from '@spanloom/core/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'

import type { OutgoingEvent } from '../event.ts'
import type { BatchSender, Destination } from './batch-sender.ts'
import { createLanes } from './lanes.ts'
import { Sending } from './sending.ts'
import { createSlots } from './slots.ts'

interface Sent {
  readonly destination: Destination
  readonly bodies: readonly string[]
  readonly bytes: number
}

const metrics = {
  sent: () => undefined,
  failed: () => undefined,
  reconnected: () => undefined,
  inFlight: () => undefined,
}
const never = new AbortController().signal

/** A sender that keeps batches, fails the numbered ones, and tells how many were under way at once. */
function fakeSender(
  limit: number,
  failing: ReadonlySet<number> = new Set(),
): { sender: BatchSender; sent: Sent[]; most: () => number } {
  const sent: Sent[] = []
  let calls = 0
  let underWay = 0
  let most = 0
  const sender: BatchSender = {
    choosesPartition: false,
    limit: () => Promise.resolve(limit),
    partitionIds: () => Promise.resolve(['0', '1', '2', '3']),
    begin(destination, maxBytes) {
      const bodies: string[] = []
      let bytes = 0
      return Promise.resolve({
        get count() {
          return bodies.length
        },
        get bytes() {
          return bytes
        },
        tryAdd({ body }) {
          if (bytes + body.byteLength > maxBytes) return false
          bytes += body.byteLength
          bodies.push(Buffer.from(body).toString())
          return true
        },
        async send() {
          const call = calls++
          underWay++
          most = Math.max(most, underWay)
          await new Promise((resolve) => setImmediate(resolve))
          underWay--
          if (failing.has(call)) throw new RetryableError('NO', 'No.')
          sent.push({ destination, bodies, bytes })
        },
      })
    },
    close: () => Promise.resolve(),
  }
  return { sender, sent, most: () => most }
}

function sendingWith(
  sender: BatchSender,
  settings: { readonly client?: boolean; readonly batchSize?: number } = {},
): Sending {
  return new Sending({
    sender,
    metrics,
    clock: fakeClock(),
    partitionAssignment: settings.client ? 'client' : 'service',
    batchSize: settings.batchSize ?? 40,
    maxMessageSize: 0,
    maxInFlight: 3,
  })
}

it('sends each event once, in order within each key, in batches that fit', async () => {
  const events = fc.array(
    fc.record({
      size: fc.integer({ min: 8, max: 100 }),
      key: fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }),
    }),
    { maxLength: 60 },
  )
  const result = await fc.check(
    fc.asyncProperty(events, fc.boolean(), async (shapes, client) => {
      const { sender, sent, most } = fakeSender(100)
      const outgoing = shapes.map(({ size, key }, index): OutgoingEvent => {
        const body = Buffer.from(`${index}`.padEnd(size, '.'))
        return key === undefined ? { body } : { body, partitionKey: key }
      })
      await sendingWith(sender, { client }).send(outgoing, never)
      const bodies = sent.flatMap((batch) => batch.bodies)
      const ofKey = (key: string): string[] =>
        outgoing.filter((event) => event.partitionKey === key).map(({ body }) => Buffer.from(body).toString())
      const inOrder = ['a', 'b', 'c'].every((key) => {
        const mine = new Set(ofKey(key))
        return bodies.filter((body) => mine.has(body)).join() === ofKey(key).join()
      })
      return (
        inOrder &&
        bodies.length === outgoing.length &&
        new Set(bodies).size === outgoing.length &&
        most() <= 3 &&
        sent.every((batch) => batch.bytes <= 40 || batch.bodies.length === 1)
      )
    }),
    { numRuns: 200 },
  )
  expect(result.counterexample).toBeNull()
})

it('lets nothing of a key overtake a batch that failed', async () => {
  const { sender, sent } = fakeSender(1_000, new Set([1]))
  const events = Array.from({ length: 10 }, (_, index) => ({
    body: Buffer.from(`${index}`.padEnd(20)),
    partitionKey: 'a',
  }))
  await expect(sendingWith(sender).send(events, never)).rejects.toMatchObject({ code: 'NO' })
  await settle()
  expect(sent.flatMap(({ bodies }) => bodies).map(Number)).toEqual([0, 1])
})

it('says that sending again may help as soon as it may for one of the events', async () => {
  const { sender } = fakeSender(100, new Set([0]))
  const events = [
    { body: Buffer.alloc(200), partitionKey: 'large' },
    { body: Buffer.from('x'), partitionKey: 'small' },
  ]
  await expect(sendingWith(sender).send(events, never)).rejects.toMatchObject({
    code: 'NO',
    permanent: false,
  })
  await expect(sendingWith(sender).send(events, never)).rejects.toMatchObject({ code: 'EVENT_TOO_LARGE' })
})

it('sends nothing for a caller that has given up', async () => {
  const { sender, sent } = fakeSender(100)
  await expect(
    sendingWith(sender).send([{ body: Buffer.from('x') }], AbortSignal.abort(new Error('Enough.'))),
  ).rejects.toThrow('Enough.')
  expect(sent).toEqual([])
})

it('gives a free place to the one who waits longest, and forgets who gave up', async () => {
  const slots = createSlots(1)
  const free = await slots.take(never)
  const gaveUp = new AbortController()
  const order: string[] = []
  const second = slots.take(gaveUp.signal).catch(() => void order.push('gave up'))
  const third = slots.take(never).then((freeThird) => {
    order.push('third')
    freeThird()
    return undefined
  })
  gaveUp.abort(new Error('Enough.'))
  free()
  free()
  await Promise.all([second, third])
  expect(order).toEqual(['gave up', 'third'])
  expect(slots.taken).toBe(0)
})

it('goes on in a lane after a failure and keeps no lane without work', async () => {
  const lanes = createLanes()
  const failed = lanes.run('a', () => Promise.reject(new Error('No.')))
  const next = lanes.run('a', () => Promise.resolve())
  await expect(failed).rejects.toThrow('No.')
  await next
  await settle()
  expect(lanes.size).toBe(0)
})
