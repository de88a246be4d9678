import { writeFile } from 'node:fs/promises'
import { gzipSync, zstdCompressSync } from 'node:zlib'

import { readRecording, type RecordedMessage } from '@spanloom/receiver-file/recording'
import { afterEach, beforeEach, expect, it } from 'vitest'

import { type Folder, temporaryFolder } from './folder.ts'
import { frame, framed, line } from './written.ts'

let folder: Folder
beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(() => folder[Symbol.asyncDispose]())

type Told = readonly [number: number, content: string, unended?: true]

async function read(content: string | Uint8Array, maxMessageSize = 1_000): Promise<readonly Told[]> {
  const path = folder.file('recording')
  await writeFile(path, content)
  const told: Told[] = []
  for await (const message of readRecording(path, { maxMessageSize })) told.push(toldOf(message))
  return told
}

function toldOf({ number, content, unended }: RecordedMessage): Told {
  const text = typeof content === 'string' ? `<${content}>` : Buffer.from(content).toString()
  return unended ? [number, text, true] : [number, text]
}

it('gives lines with their numbers, blank ones too, and says which has no end', async () => {
  expect(await read('{"a":1}\n\n{"b":2}\r\n{"c"')).toEqual([
    [1, '{"a":1}'],
    [2, ''],
    [3, '{"b":2}\r'],
    [4, '{"c"', true],
  ])
})

it.each([
  ['gzip', gzipSync],
  ['zstd', zstdCompressSync],
])('reads a file that was compressed as a whole with %s', async (_, compress) => {
  expect(await read(compress('{"a":1}\n{"b":2}\n'))).toEqual([
    [1, '{"a":1}'],
    [2, '{"b":2}'],
  ])
})

it('reads parts that were compressed one after the other', async () => {
  const parts = [gzipSync('{"a":1}\n'), gzipSync('{"b":2}\n')]
  expect(await read(Buffer.concat(parts))).toEqual([
    [1, '{"a":1}'],
    [2, '{"b":2}'],
  ])
})

it('gives frames, and says that the last one is torn', async () => {
  const whole = Buffer.concat([framed(Buffer.from('abc')), framed(Buffer.from('de'))])
  expect(await read(whole)).toEqual([
    [1, 'abc'],
    [2, 'de'],
  ])
  expect(await read(whole.subarray(0, -1))).toEqual([
    [1, 'abc'],
    [2, '<torn>', true],
  ])
  expect(await read(Buffer.concat([frame('x', { zstd: true })]))).toHaveLength(1)
})

it('leaves out what is too large and keeps counting', async () => {
  const huge = `"${'x'.repeat(3_000_000)}"`
  expect(await read(`{"a":1}\n{"b":${huge}}\n{"c":3}\n`)).toEqual([
    [1, '{"a":1}'],
    [2, '<too_large>'],
    [3, '{"c":3}'],
  ])
})

it('never holds more than one message of what a small file unpacks to', async () => {
  const bomb = zstdCompressSync(Buffer.concat([Buffer.from('{'), Buffer.alloc(80_000_000, 0x20)]))
  const before = process.memoryUsage().arrayBuffers
  expect(await read(bomb)).toEqual([[1, '<too_large>']])
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60_000_000)
})

it('gives nothing of an empty file', async () => {
  expect(await read('')).toEqual([])
})

it.each([
  ['what is neither lines nor frames', 'PK\u0003\u0004', 'FILE_FOREIGN'],
  [
    'a compression that is broken',
    Buffer.concat([gzipSync(line('a').repeat(500)).subarray(0, 60)]),
    'FILE_DAMAGED',
  ],
])('refuses %s', async (_, content, code) => {
  await expect(read(content)).rejects.toMatchObject({ code })
})

it('refuses a file that is not there, and a folder', async () => {
  const first = async (path: string): Promise<unknown> => readRecording(path, { maxMessageSize: 1 }).next()
  await expect(first(folder.file('nothing'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  await expect(first(folder.path)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
})
