import type { FileHandle } from 'node:fs/promises'

/**
 * Size of the part of a file that holds only whole messages. A process that was killed in the middle of a write leaves
 * a torn message at the end, and what is appended to that would be lost with it.
 */
export async function wholeSize(file: FileHandle, lines: boolean): Promise<number> {
  const { size } = await file.stat()
  return lines ? endOfLastLine(file, size) : endOfLastFrame(file, size)
}

const blockSize = 65_536
const newline = 10

async function endOfLastLine(file: FileHandle, size: number): Promise<number> {
  const block = Buffer.alloc(blockSize)
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - blockSize)
    const { bytesRead } = await file.read(block, 0, end - start, start)
    const found = block.subarray(0, bytesRead).lastIndexOf(newline)
    if (found >= 0) return start + found + 1
    end = start
  }
  return 0
}

async function endOfLastFrame(file: FileHandle, size: number): Promise<number> {
  const length = Buffer.alloc(4)
  let position = 0
  while (position + 4 <= size) {
    await file.read(length, 0, 4, position)
    const next = position + 4 + length.readUInt32BE()
    if (next > size) break
    position = next
  }
  return position
}
