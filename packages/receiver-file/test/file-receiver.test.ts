import { writeFile } from 'node:fs/promises'

import { ConfigError, type Span } from '@spanloom/core'
import { createComponent } from '@spanloom/core/testing'
import { fileReceiver } from '@spanloom/receiver-file'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { type Folder, temporaryFolder } from './folder.ts'
import { nowMs, running, type Running } from './running.ts'
import { batch, frame, line } from './written.ts'

let folder: Folder
let run: Running | undefined

beforeEach(async () => {
  folder = await temporaryFolder()
})

afterEach(async () => {
  await run?.stop()
  await folder[Symbol.asyncDispose]()
})

async function start(settings: Readonly<Record<string, unknown>> = {}): Promise<Running> {
  run = await running(fileReceiver, { path: folder.file('a.json'), ...settings })
  return run
}

const write = (name: string, text: string | Uint8Array): Promise<void> => writeFile(folder.file(name), text)
const now = BigInt(nowMs) * 1_000_000n

function endsAt({ endTimeUnixNano }: Span): number {
  return Number(endTimeUnixNano - now) / 1e6
}

it('reads its files once, the last line too, and says so', async () => {
  await write('a.json', line('a') + line('b').trim())
  await write('b.json', Buffer.concat([frame('c'), frame('d').subarray(0, 20)]))
  const { next, names, telemetry, complaints, clock } = await start({
    path: undefined,
    include: [folder.file('*.json')],
  })

  await vi.waitFor(() => expect(telemetry.logger.lines.at(-1)?.message).toBe('All files are read.'))
  expect(names()).toEqual(['a', 'c', 'b'])
  expect(complaints()).toEqual(['torn'])
  expect(next.spans[0]?.bytes).toEqual([...batch('a').spans()][0]?.bytes)
  expect(clock.pending).toBe(0)
})

describe('a replay', () => {
  const recording = line('a', 1_000) + line('b', 3_000) + line('c', 2_000) + line('d', 4_000)

  it('keeps the pace of the recording and moves it to now', async () => {
    await write('a.json', recording)
    const { next, names, clock } = await start({ replay: {} })
    await next.waitForSpans(1)
    expect(names()).toEqual(['a'])
    await vi.waitUntil(() => clock.pending > 0)

    await clock.advance(1_999)
    expect(names()).toEqual(['a'])
    await clock.advance(1)
    await next.waitForSpans(3)
    await vi.waitUntil(() => clock.pending > 0)
    await clock.advance(1_000)
    await next.waitForSpans(4)

    expect(next.spans.map(endsAt)).toEqual([0, 2_000, 1_000, 3_000])
    const [first] = next.spans
    expect(first?.startTimeUnixNano).toBe(now - 1_000_000n)
    expect(first?.events[0]?.timeUnixNano).toBe(now)
    expect(first).toMatchObject({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      links: [{ spanId: '00f067aa0ba902b7' }],
    })
  })

  it('goes faster when told to', async () => {
    await write('a.json', recording)
    const { next, clock } = await start({ replay: { speed: 10 } })
    await next.waitForSpans(1)
    await vi.waitUntil(() => clock.pending > 0)
    await clock.advance(200)
    await next.waitForSpans(3)
    expect(next.spans.map(endsAt)).toEqual([0, 2_000, 1_000])
  })

  it('goes as fast as it can with speed 0, and may leave the times alone', async () => {
    await write('a.json', recording)
    const { next } = await start({ replay: { speed: 0, shift_to_now: false } })
    await next.waitForSpans(4)
    expect(next.spans[0]?.bytes).toEqual([...batch('a', 1_000).spans()][0]?.bytes)
  })

  it('begins again in a loop, with traces of its own', async () => {
    await write('a.json', line('a') + line('b'))
    const { next, eventually } = await start({ replay: { speed: 0, loop: true } })
    await eventually(() => expect(next.spanCount).toBeGreaterThanOrEqual(6))

    const traces = next.spans.slice(0, 6).map(({ traceId }) => traceId)
    expect(traces[0]).toBe('0af7651916cd43dd8448eb211c80319c')
    expect([traces[1], traces[3], traces[5]]).toEqual([traces[0], traces[2], traces[4]])
    expect(new Set(traces).size).toBe(3)
    for (const { traceId, links } of next.spans) expect(links[0]?.traceId).toBe(traceId)
  })
})

it.each([
  {},
  { path: 'a', include: ['b'] },
  { path: 'a', follow: true, replay: {} },
  { path: 'a', replay: { speed: -1 } },
])('refuses the settings %j', (settings) => {
  expect(() => createComponent(fileReceiver, settings)).toThrow(ConfigError)
})
