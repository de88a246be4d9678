import { appendFile, copyFile, mkdir, rename, truncate, unlink, writeFile } from 'node:fs/promises'
import { zstdCompressSync } from 'node:zlib'

import { ConfigError, PermanentError, RetryableError } from '@spanloom/core'
import { createComponent, TracesSink } from '@spanloom/core/testing'
import { otlpJsonFileReceiver } from '@spanloom/receiver-file'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { type Folder, temporaryFolder } from './folder.ts'
import { running, type Running } from './running.ts'
import { frame, framed, line } from './written.ts'

let folder: Folder
let run: Running | undefined

beforeEach(async () => {
  folder = await temporaryFolder()
})

afterEach(async () => {
  await run?.stop()
  await folder[Symbol.asyncDispose]()
})

async function start(settings: Readonly<Record<string, unknown>> = {}, next?: TracesSink): Promise<Running> {
  run = await running(
    otlpJsonFileReceiver,
    { include: folder.file('**/*.json'), start_at: 'beginning', ...settings },
    next,
  )
  return run
}

const write = (name: string, text: string | Uint8Array): Promise<void> => writeFile(folder.file(name), text)
const append = (name: string, text: string | Uint8Array): Promise<void> => appendFile(folder.file(name), text)

describe('files', () => {
  it('are found by patterns, also in folders, and left out by others', async () => {
    await mkdir(folder.file('sub'))
    await write('sub/a.json', line('a'))
    await write('b.json', line('b'))
    await write('c.json', line('c'))
    await write('d.txt', line('d'))
    const { eventually, names, next } = await start({ exclude: [folder.file('c*')] })

    await eventually(() => expect(names().toSorted()).toEqual(['a', 'b']))
    expect(next.contexts[0]).toMatchObject({ transport: 'file' })
  })

  it('that are there at the start are read from their end by default, later ones whole', async () => {
    await write('a.json', line('old'))
    const { eventually, rounds, names } = await start({ start_at: 'end' })
    await rounds(1)

    await append('a.json', line('new'))
    await write('b.json', line('b'))
    await eventually(() => expect(names().toSorted()).toEqual(['b', 'new']))
  })

  it('are followed as they grow, in whatever pieces', async () => {
    const whole = `${line('a')}${line('b')}${line('c')}`
    const { eventually, rounds, names } = await start()
    for (let at = 0; at < whole.length; at += 250) {
      await append('a.json', whole.slice(at, at + 250))
      await rounds(1)
    }
    await eventually(() => expect(names()).toEqual(['a', 'b', 'c']))
  })

  it('are followed when they are renamed, and read to their end', async () => {
    await write('a.json', line('a1'))
    const { eventually, names, rounds } = await start()
    await eventually(() => expect(names()).toEqual(['a1']))

    await append('a.json', line('a2'))
    await rename(folder.file('a.json'), folder.file('a.json.1'))
    await write('a.json', line('b1'))
    await eventually(() => expect(names().toSorted()).toEqual(['a1', 'a2', 'b1']))
    await rename(folder.file('a.json'), folder.file('a-1.json'))
    await append('a-1.json', line('b2'))
    await eventually(() => expect(names().toSorted()).toEqual(['a1', 'a2', 'b1', 'b2']))
    await rounds(2)
    expect(names()).toHaveLength(4)
  })

  it('are read again when they were emptied and written anew', async () => {
    await write('a.json', line('a1'))
    const { eventually, names } = await start()
    await eventually(() => expect(names()).toEqual(['a1']))

    await copyFile(folder.file('a.json'), folder.file('a.copy'))
    await truncate(folder.file('a.json'))
    await append('a.json', `${line('n1')}${line('n2')}`)
    await eventually(() => expect(names()).toEqual(['a1', 'n1', 'n2']))
  })

  it('are read again when they were written anew with the same beginning', async () => {
    const long = 'a'.repeat(2_000)
    await write('a.json', `${line(long)}${line('b')}`)
    const { eventually, names } = await start()
    await eventually(() => expect(names()).toEqual([long, 'b']))
    await write('a.json', line(long))
    await eventually(() => expect(names()).toEqual([long, 'b', long]))
  })

  it('are followed while somebody still writes to them under another name', async () => {
    await write('a.json', line('a1'))
    const { eventually, names, rounds } = await start()
    await eventually(() => expect(names()).toEqual(['a1']))
    await rounds(1)

    await rename(folder.file('a.json'), folder.file('a.json.1'))
    await append('a.json.1', line('a2'))
    await rounds(1)
    await append('a.json.1', line('a3'))
    await rounds(1)
    await eventually(() => expect(names()).toEqual(['a1', 'a2', 'a3']))
  })

  it('may go at any time', async () => {
    await write('a.json', line('a'))
    const { eventually, names, rounds } = await start()
    await eventually(() => expect(names()).toEqual(['a']))
    await unlink(folder.file('a.json'))
    await rounds(3)
    await write('a.json', line('b'))
    await eventually(() => expect(names()).toEqual(['a', 'b']))
  })

  it('are read again and again with replay_file', async () => {
    await write('a.json', line('a').trim())
    const { eventually, names } = await start({ replay_file: true })
    await eventually(() => expect(names().slice(0, 3)).toEqual(['a', 'a', 'a']))
  })

  it('that are not there are worth a warning', async () => {
    const { telemetry, rounds } = await start()
    await rounds(3)
    expect(telemetry.logger.lines.map(({ message }) => message)).toEqual(['No file matches the patterns.'])
  })
})

describe('forms', () => {
  it.each([
    ['lines', line('a') + line('b')],
    ['lines with a byte order mark and blanks', `\uFEFF${line('a')}\r\n \n${line('b')}`],
    ['protobuf', Buffer.concat([frame('a'), frame('b')])],
    ['JSON in frames', Buffer.concat([frame('a', { json: true }), frame('b', { json: true })])],
    ['compressed protobuf', Buffer.concat([frame('a', { zstd: true }), frame('b', { zstd: true })])],
    [
      'compressed JSON',
      Buffer.concat([frame('a', { json: true, zstd: true }), framed(Buffer.alloc(0)), frame('b')]),
    ],
  ])('%s are told apart by themselves', async (_name, bytes) => {
    await write('a.json', bytes)
    const { eventually, names, complaints } = await start()
    await eventually(() => expect(names()).toEqual(['a', 'b']))
    expect(complaints()).toEqual([])
  })

  it('that grow in the middle of a frame are waited for', async () => {
    const bytes = Buffer.concat([frame('a'), frame('b')])
    await write('a.json', bytes.subarray(0, 2))
    const { eventually, rounds, names } = await start()
    await rounds(1)
    await append('a.json', bytes.subarray(2, bytes.length - 3))
    await eventually(() => expect(names()).toEqual(['a']))
    await append('a.json', bytes.subarray(bytes.length - 3))
    await eventually(() => expect(names()).toEqual(['a', 'b']))
  })

  it('that nobody knows are left alone', async () => {
    await write('a.json', zstdCompressSync(line('a')))
    await write('b.json', line('b'))
    const { eventually, rounds, names, complaints } = await start()
    await eventually(() => expect(names()).toEqual(['b']))
    await append('a.json', 'more')
    await rounds(2)
    expect(complaints()).toEqual(['unknown_format'])
  })
})

describe('a last line without an end', () => {
  it('is taken when it stands still and is whole', async () => {
    await write('a.json', line('a').trim())
    const { eventually, names } = await start()
    await eventually(() => expect(names()).toEqual(['a']))

    await append('a.json', `\n${line('b')}`)
    await eventually(() => expect(names()).toEqual(['a', 'b']))
  })

  it('is waited for when it is not', async () => {
    const whole = line('a')
    await write('a.json', whole.slice(0, 100))
    const { eventually, rounds, names, complaints } = await start()
    await rounds(10)
    await append('a.json', whole.slice(100))
    await eventually(() => expect(names()).toEqual(['a']))
    expect(complaints()).toEqual([])
  })
})

describe('a message that cannot be used', () => {
  it('is left out, and told of once a minute', async () => {
    await write('a.json', `${line('a')}nonsense\n{"resourceSpans":5}\n${line('b')}`)
    const { eventually, names, complaints, clock, telemetry } = await start()
    await eventually(() => expect(names()).toEqual(['a', 'b']))
    expect(complaints()).toEqual(['undecodable'])

    await clock.advance(60_000)
    await append('a.json', `nonsense\n${line('c')}`)
    await eventually(() => expect(names()).toEqual(['a', 'b', 'c']))
    expect(complaints()).toEqual(['undecodable', 'undecodable'])
    expect(telemetry.logger.lines.at(-1)?.fields).toMatchObject({
      suppressed: 1,
      path: folder.file('a.json'),
    })
  })

  it('is left out without being held when it is too large', async () => {
    const large = `"${'x'.repeat(600_000)}"\n`
    await write('a.json', `${line('a')}${large}${line('b')}${large}`)
    await write('b.json', Buffer.concat([framed(Buffer.alloc(600_000)), frame('c')]))
    await write('c.json', Buffer.concat([framed(zstdCompressSync(Buffer.alloc(600_000))), frame('d')]))
    const { eventually, names, complaints } = await start({ max_message_size: 2_000 })
    await eventually(() => expect(names()).toEqual(['a', 'b', 'c', 'd']))
    expect(new Set(complaints())).toEqual(new Set(['too_large', 'undecodable']))
    expect(complaints()).toHaveLength(2)
  })
})

it('reads a message larger than one block', async () => {
  const large = line('x'.repeat(1_000_000))
  await write('a.json', large + line('b') + large)
  const { eventually, next } = await start()
  await eventually(() => expect(next.spanCount).toBe(3))
})

it('hands a refused batch on again and reads nothing past it', async () => {
  await write('a.json', line('a') + line('b'))
  const next = new TracesSink()
  next.refuseWith(new RetryableError('QUEUE_FULL', 'The queue is full.'))
  const { clock, eventually, names } = await start({}, next)
  await vi.waitFor(() => expect(next.calls).toBe(1))
  await clock.advance(1_000)
  expect(next.calls).toBe(2)
  next.refuseWith(undefined)

  await eventually(() => expect(names()).toEqual(['a', 'b']))
})

it('counts what nobody will ever take, and goes on', async () => {
  await write('a.json', line('a'))
  const next = new TracesSink()
  next.refuseWith(new PermanentError('DATA_REFUSED', 'Nobody wants this.'))
  const { eventually, names, telemetry } = await start({}, next)
  await vi.waitFor(() => expect(telemetry.dropped.get('refused')).toBe(1))
  next.refuseWith(undefined)
  await append('a.json', line('b'))
  await eventually(() => expect(names()).toEqual(['b']))
})

it('needs to know what to read', () => {
  expect(() => createComponent(otlpJsonFileReceiver, {})).toThrow(ConfigError)
  expect(() => createComponent(otlpJsonFileReceiver, { include: 'a.json,b.json' })).not.toThrow()
})
