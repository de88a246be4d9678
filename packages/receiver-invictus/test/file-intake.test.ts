import { appendFile, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Component } from '@spanloom/core'
import { RetryableError } from '@spanloom/core'
import {
  createComponent,
  fakeClock,
  type FakeClock,
  testHost,
  testTelemetry,
  type TestTelemetry,
  TracesSink,
} from '@spanloom/core/testing'
import { invictusReceiver } from '@spanloom/receiver-invictus'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { eventNumber } from './events.ts'

let folder = ''
let receiver: Component | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spanloom-invictus-'))
})

afterEach(async () => {
  await receiver?.shutdown(AbortSignal.timeout(2_000))
  await rm(folder, { recursive: true })
})

interface Running {
  readonly next: TracesSink
  readonly telemetry: TestTelemetry
  readonly clock: FakeClock
  readonly names: () => readonly string[]
}

async function running(
  settings: Readonly<Record<string, unknown>> = {},
  next = new TracesSink(),
): Promise<Running> {
  const telemetry = testTelemetry()
  const clock = fakeClock(Date.UTC(2030, 0, 1))
  const config = { file: { include: [join(folder, '*.json')], ...settings }, max_body_size: 1_000 }
  receiver = createComponent(invictusReceiver, config, { next, telemetry, clock })
  await receiver.start(testHost())
  return { next, telemetry, clock, names: () => next.spans.map(({ name }) => name) }
}

function named(name: string): string {
  return JSON.stringify({ ...eventNumber(1), Step: { Id: name, Name: name, Status: 'Started' } })
}

const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text)
const append = (name: string, text: string): Promise<void> => appendFile(join(folder, name), text)

/** Waits until a round is over. */
async function idle({ clock }: Running): Promise<void> {
  await vi.waitUntil(() => clock.pending > 0)
}

/** Lets poll rounds pass until the expectation holds. */
async function eventually({ clock }: Running, expectation: () => void): Promise<void> {
  await vi.waitFor(async () => {
    await clock.advance(200)
    expectation()
  })
}

it('reads documents and lines once, in the order of their names', async () => {
  await write('a.json', `[${named('a1')},\n${named('a2')}]`)
  await write('b.json', `${named('b1')}\n\n[${named('b2')}]\n${named('b3')}`)
  const run = await running()

  await vi.waitFor(() => expect(run.telemetry.logger.lines.at(-1)?.message).toBe('All files are read.'))

  expect(run.names()).toEqual(['a1', 'a2', 'b1', 'b2', 'b3'])
  expect(run.next.contexts[0]).toMatchObject({ transport: 'file' })
})

it('reads recorded messages with their time and context', async () => {
  const body = [{ ...eventNumber(1), Time: 'soon' }]
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  const message = { enqueuedTimeUtc: '2026-01-01T00:00:00Z', applicationProperties: { traceparent }, body }
  await write('a.json', JSON.stringify({ messages: [message, 5, { body: JSON.stringify(body) }] }, null, 2))
  await utimes(join(folder, 'a.json'), 5, 5)
  const run = await running()

  await run.next.waitForSpans(2)

  expect(run.next.spans.map(({ startTimeUnixNano, links }) => [startTimeUnixNano, links.length])).toEqual([
    [1_767_225_600_000_000_000n, 1],
    [5_000_000_000n, 0],
  ])
})

it('goes on with what is good after what cannot be used', async () => {
  await write('a.json', `{"broken":\n`)
  await write('b.json', `${named('b1')}\nbroken\n"${'x'.repeat(2_000)}"\n${named('b2')}\n`)
  const run = await running()

  await run.next.waitForSpans(2)

  expect(run.names()).toEqual(['b1', 'b2'])
  await vi.waitFor(() =>
    expect(
      run.telemetry.logger.lines
        .filter(({ level }) => level === 'warn')
        .map(({ fields }) => fields['reason']),
    ).toEqual(['not_json', 'too_large']),
  )
})

it('follows lines and new files as they come', async () => {
  await write('a.json', `${named('a1')}\n`)
  const run = await running({ follow: true })
  await eventually(run, () => expect(run.names()).toEqual(['a1']))

  await append('a.json', named('a2'))
  await run.clock.advance(1_000)
  expect(run.names()).toEqual(['a1'])
  await append('a.json', `\n${named('a3')}\n`)
  await eventually(run, () => expect(run.names()).toEqual(['a1', 'a2', 'a3']))

  await idle(run)
  await write('b.json', `[${named('b1')},\n`)
  await run.clock.advance(200)
  await idle(run)
  await append('b.json', `${named('b2')}]`)
  await eventually(run, () => expect(run.names()).toEqual(['a1', 'a2', 'a3', 'b1', 'b2']))

  await rename(join(folder, 'a.json'), join(folder, 'a.json.1'))
  await write('a.json', `${named('n1')}\n`)
  await eventually(run, () => expect(run.names().at(-1)).toBe('n1'))
  expect(run.telemetry.logger.lines.filter(({ level }) => level === 'warn')).toEqual([])
})

it('reads a file from its beginning that was replaced or written anew', async () => {
  await write('a.json', `${named('a1')}\n${named('a2')}\n`)
  const run = await running({ follow: true })
  await eventually(run, () => expect(run.names()).toEqual(['a1', 'a2']))

  await write('a.json', `${named('b1')}\n`)
  await eventually(run, () => expect(run.names()).toEqual(['a1', 'a2', 'b1']))
  await write('new', `${named('c1')}\n${named('c2')}\n`)
  await rename(join(folder, 'new'), join(folder, 'a.json'))
  await eventually(run, () => expect(run.names()).toEqual(['a1', 'a2', 'b1', 'c1', 'c2']))
})

it('begins at the end where that is wanted', async () => {
  await write('a.json', `${named('old')}\n`)
  const run = await running({ follow: true, start_at: 'end' })
  await idle(run)

  await append('a.json', `${named('new')}\n`)
  await eventually(run, () => expect(run.names()).toEqual(['new']))
})

it('hands on again what the pipeline refuses', async () => {
  await write('a.json', `${named('a1')}\n${named('a2')}\n`)
  const next = new TracesSink()
  next.refuseWith(new RetryableError('QUEUE_FULL', 'The queue is full.'))
  const run = await running({}, next)
  await vi.waitFor(() => expect(next.calls).toBe(1))
  next.refuseWith(undefined)

  await eventually(run, () => expect(run.names()).toEqual(['a1', 'a2']))
})

it('says when there is nothing to read', async () => {
  const run = await running()

  await vi.waitFor(() =>
    expect(run.telemetry.logger.lines.map(({ message }) => message)).toEqual([
      'No file matches the patterns.',
      'All files are read.',
    ]),
  )
})
