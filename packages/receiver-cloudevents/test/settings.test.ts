import { ConfigError } from '@spanloom/core'
import { createComponent } from '@spanloom/core/testing'
import { cloudEventsReceiver } from '@spanloom/receiver-cloudevents'
import { expect, it } from 'vitest'

import { rawRequest } from './raw-request.ts'
import { running } from './running.ts'

const create = (config: object): unknown => createComponent(cloudEventsReceiver, config)

it.each<[string, object, RegExp]>([
  ['no way in', {}, /one of http and event_hub/],
  ['a relay without a consumer', { http: null, mode: 'relay' }, /where to/],
  ['a consumer without a relay', { http: null, relay: { url: 'http://x.test/' } }, /only mode: relay/],
  [
    'a handshake for nobody',
    { http: null, webhook: { require_handshake: true } },
    /at least one allowed origin/,
  ],
  ['a hub without connection', { event_hub: {} }, /connection/],
])('refuses %s', (_, config, message) => {
  expect(() => create(config)).toThrow(ConfigError)
  expect(() => create(config)).toThrow(message)
})

it('adds attributes of the event where that is asked for, and takes its time for Create spans', async () => {
  await using receiver = await running({
    create_span: 'always',
    span_times: 'event_time',
    extra_attributes: ['correlationid', 'priority', 'absent'],
  })
  const post = (time: string): ReturnType<typeof rawRequest> =>
    rawRequest(receiver.url, {
      headers: [['Content-Type', 'application/cloudevents+json']],
      body: JSON.stringify({
        specversion: '1.0',
        id: time,
        source: '/s',
        type: 't',
        time,
        correlationid: 'c-1',
        priority: 5,
      }),
    })
  for (const time of ['2026-01-15T11:30:00.5+02:00', '2020-01-01T00:00:00Z', 'never', '2026-01-15T09:59:60Z'])
    await post(time)
  const created = receiver.next.spans.filter(({ kind }) => kind === 'PRODUCER')
  expect(
    created.map(({ startTimeUnixNano: time }) => new Date(Number(time / 1_000_000n)).toISOString()),
  ).toEqual([
    '2026-01-15T09:30:00.500Z',
    '2026-01-15T10:00:00.000Z',
    '2026-01-15T10:00:00.000Z',
    '2026-01-15T10:00:00.000Z',
  ])
  expect(created[0]?.attributes).toMatchObject({
    'messaging.message.conversation_id': 'c-1',
    'spanloom.ce.priority': 5,
  })
})

it('says the random bit of a new trace where that is asked for, and records its share of traces', async () => {
  await using receiver = await running({ create_span: 'always', random_flag: true, sampling_ratio: 0.5 })
  for (let number = 0; number < 200; number++) {
    await rawRequest(receiver.url, {
      headers: [
        ['ce-specversion', '1.0'],
        ['ce-id', `e-${number}`],
        ['ce-source', '/s'],
        ['ce-type', 't'],
      ],
    })
  }
  const created = receiver.next.spans.filter(({ kind }) => kind === 'PRODUCER')
  expect(created.length).toBeGreaterThan(60)
  expect(created.length).toBeLessThan(140)
  expect(new Set(created.map(({ flags }) => flags & 3))).toEqual(new Set([3]))
})
