import { type FileHandle, open, readFile } from 'node:fs/promises'

import { afterEach, expect, it, type MockInstance, vi } from 'vitest'

import { temporaryFolder } from '../test/folder.ts'
import { AppendFile } from './append-file.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

type Write = (this: FileHandle, bytes: Uint8Array, offset?: number) => Promise<{ bytesWritten: number }>

/** Makes the next write take a few bytes only, as a disk does that is about to be full. */
async function nearlyFullDisk(path: string): Promise<MockInstance<Write>> {
  const handle = await open(path, 'a')
  await handle.close()
  const prototype: { write: Write } = Object.getPrototypeOf(handle)
  const { write } = prototype
  return vi.spyOn(prototype, 'write').mockImplementationOnce(function takeSome(this: FileHandle, bytes) {
    return Reflect.apply(write, this, [bytes.subarray(0, 2)])
  })
}

it('cuts off what a write left behind that the disk refused in the middle', async () => {
  await using folder = await temporaryFolder()
  const path = folder.file('data')
  const file = await AppendFile.open(path, { keep: false, lines: true })
  await file.append(Buffer.from('one\n'))

  const write = await nearlyFullDisk(path)
  write.mockRejectedValueOnce(Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' }))
  await expect(file.append(Buffer.from('two\n'))).rejects.toThrow('ENOSPC')
  expect(await readFile(path, 'utf8')).toBe('one\n')

  await file.append(Buffer.from('three\n'))
  await file.close()
  expect(await readFile(path, 'utf8')).toBe('one\nthree\n')
  expect(file.size).toBe(10)
})

it('writes the rest of what the disk took in part', async () => {
  await using folder = await temporaryFolder()
  const path = folder.file('data')
  const file = await AppendFile.open(path, { keep: false, lines: true })

  await nearlyFullDisk(path)
  await file.append(Buffer.from('one\n'))
  await file.close()

  expect(await readFile(path, 'utf8')).toBe('one\n')
})
